"""A real browser for tests: Debian's chromium, without a window, by way of selenium."""

import contextlib
import json
import shutil

from tests.needs import missing


@contextlib.contextmanager
def chromium(width=1400, height=900):
    """A selenium driver; where there is no chromium the test is skipped, but on CI it fails."""
    browser, server = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and server):
        missing("needs a browser: apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")  # a dialog that opens is to be seen
    driver = webdriver.Chrome(options=options, service=Service(server))
    try:
        resize(driver, width, height)
        yield driver
    finally:
        driver.quit()


def resize(driver, width, height=900):
    """Gives the page a width, however narrow."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def requests(driver):
    """The addresses that were asked for since this was last called."""
    entries = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return {entry["params"]["request"]["url"] for entry in entries if entry["method"] == "Network.requestWillBeSent"}


def processor_seconds(driver, address):
    """Opens a page; returns the seconds of the processor's time that its main thread took for that."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    driver.get(address)
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

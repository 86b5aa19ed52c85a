"""The report shows what came of a class, as text: nothing that a submission says acts in it. Seen in a real browser."""

import base64
import hashlib
import html.parser
import json
import random
import re

import pytest
from staff import histogram, report
from tests.staff import browser
from tests.staff.classes import TESTS, row
from tests.submissions import ROOT

pytestmark = pytest.mark.xdist_group("report")  # one browser for all

SCRIPT = "</script></pre><script>document.title = 'caught'</script>"
IMAGE = "<img src=x onerror=\"document.title = 'caught'\">"
HOSTILE_NAMES = (
    SCRIPT,
    IMAGE,
    "javascript:alert(1)",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066\x1b[31m\x00",
    10**5 * "long",
    "\ud800",
)
HINT = "Count the parameters."


def the_class():
    """A small class: right, wrong, hostile, refused, failed, and a group."""
    rows = [
        row("ada", "Ada Lovelace", seconds=1.5),
        row(
            "alan",
            "Alan Turing",
            outputs={
                "1a-0-basic": f"{SCRIPT}\n{IMAGE}\n\x1b[31mred\u202e\nits value is not right",
                "1a-1-hidden": "hm",
            },
            mistakes=[("MADE.forward", "a block <b>twice</b>", HINT)],
            wrong=["MADE.forward"],
            stops=[("1a-1-hidden", "Your code ended its process with status 3.")],
            seconds=30.25,
        ),
        row(
            "group",
            "Grace Hopper",
            "Barbara Liskov",
            outputs={"2b-0-basic": "It did not end within 20 seconds and was stopped: an endless loop, or too slow?"},
            mistakes=[("MADE.forward", "a block <b>twice</b>", HINT)],
            wrong=["MADE.forward", "loss_nonsaturating_d"],
        ),
        row("refused", outputs=dict.fromkeys(TESTS, ""), status="refused", why=f"{IMAGE} leads out of the submission"),
        row("failed", outputs=dict.fromkeys(TESTS, ""), status="failed", why="no wall", wall=""),
    ]
    return rows + [row(f"x{index}", name, outputs={"1a-0-basic": name}) for index, name in enumerate(HOSTILE_NAMES)]


def large_class(count):
    """A class as large as they get, every test of which says something."""
    rng = random.Random(0)
    lines = [f"    got      [{rng.random():.6f}, {rng.random():.6f}, {rng.random():.6f}]" for _ in range(100)]
    numbers = [f"{question}-{index}-basic" for question in ("1a", "1b", "1c", "2b", "4b", "5e") for index in range(5)]
    rows = []
    for index in range(count):
        one = row(f"submission_{index:05}", f"Student Number {index}")
        one.results["tests"] = [
            {
                "score": int(rng.random() < 0.8),
                "max_score": 1,
                "status": rng.choice(["passed", "failed"]),
                "name": f"the title of {number}",
                "number": number,
                "output": "its value is not right:\n" + "\n".join(rng.choices(lines, k=6)),
            }
            for number in numbers
        ]
        one.results["score"] = sum(test["score"] for test in one.results["tests"])
        rows.append(one)
    return rows


class Elements(html.parser.HTMLParser):
    """Gathers tags with their attributes, and the texts of styles and scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.texts.append((*self.tags[-1], data))


# The file


def test_the_same_class_gives_the_same_bytes():
    assert report.page(the_class(), 7) == report.page(the_class(), 7)


def test_nothing_in_the_file_acts_or_asks_for_anything_but_its_own_script():
    found = Elements(report.page(the_class(), 7))
    acting = [attributes for tag, attributes in found.tags if tag == "script" and "type" not in attributes]
    assert acting == [{}]
    attributes = [pair for _, attributes in found.tags for pair in attributes.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "srcdoc", "style", "action")]
    assert all(value.startswith("#") for name, value in attributes if "href" in name)
    assert {tag for tag, _ in found.tags}.isdisjoint({"img", "iframe", "object", "embed", "link", "base", "br"})


def test_the_policy_allows_the_own_script_and_styles_by_their_hashes_and_nothing_else():
    found = Elements(report.page(the_class(), 7))
    policy = next(one["content"] for _, one in found.tags if one.get("http-equiv") == "Content-Security-Policy")
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for tag, attributes, text in found.texts
        if "type" not in attributes and text.strip()
    }
    rules = {rule.split()[0]: set(rule.split()[1:]) for rule in policy.split(";")}
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == {"'none'"}
    assert rules["script-src"] | rules["style-src"] == hashes
    assert len(rules["script-src"]) == 1


def test_data_stands_in_blocks_that_no_text_can_leave():
    text = report.page(the_class(), 7)
    blocks = re.findall(r'<script type="application/json" id="b\d+">(.*?)</script>', text)
    assert len(blocks) == len(the_class())
    assert not [block for block in blocks if re.search("[<>&\u2028\u2029]", block)]
    outputs = [test[3] for test in json.loads(blocks[1])["tests"]]
    assert outputs[0].startswith(SCRIPT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ÅÄÖ 中文 \N{GRINNING FACE}\n\tx", "plain ÅÄÖ 中文 \N{GRINNING FACE}\n\tx"),
        ("\x1b[31mred\r\x00", "\\u001b[31mred\\u000d\\u0000"),
        ("\u202eevil\u2066\u200b\ufeff", "\\u202eevil\\u2066\\u200b\\ufeff"),
        ("\ud800\u2028\U000e0041", "\\ud800\\u2028\\U000e0041"),
        ("نمی\u200cدانم", "نمی\u200cدانم"),
    ],
)
def test_what_hides_or_turns_text_is_spelled_out(text, shown):
    assert report.visible(text) == shown


def test_a_megabyte_of_output_and_huge_names_make_no_huge_page():
    rows = [row(10**5 * "i", 10**5 * "n", outputs={"1a-0-basic": "begin" + 10**6 * "x" + "end"}, why=10**6 * "w")]
    text = report.page(rows, 7)
    assert len(text) < len(report.page([row("i", "n")], 7)) + 60_000
    assert "990008 characters are left out" in text
    assert "beginx" in text
    assert "xend" in text


@pytest.mark.parametrize("rows", [[], [row("a", status="refused", why="empty")], [row("a", outputs=dict(TESTS))][:0]])
def test_a_class_without_grades_has_a_page(rows):
    assert "No submission was graded." in report.page(rows, 7)


def test_results_that_lack_what_is_new_have_a_page():
    old = row("old", outputs={"1a-0-basic": "x"})
    for name in ("wall", "seconds", "why"):
        del old.results["extra_data"][name]
    for test in old.results["tests"]:
        del test["output"]
    assert "The results do not tell." in report.page([old], 7)


def test_the_histogram_counts_every_score_once_and_says_so_in_words():
    scores = [0, 0.5, 1, 33.5, 34, 35, 35]
    assert histogram.bins(scores, 35)[0] == (0, 1, 2)
    assert histogram.bins(scores, 35)[-1] == (34, 35, 3)
    assert sum(count for _, _, count in histogram.bins(scores, 35)) == len(scores)
    assert len(histogram.bins([250, 999.5], 1000)) <= histogram.BARS
    picture = histogram.svg(scores, 35)
    assert "<title" in picture
    assert "7 scores from 0 to 35 of 35 points: mean 19.86, median 33.5" in picture
    assert not re.search("style|http|xlink", picture)


def test_rates_and_groups_are_counted():
    found = report.Class(the_class(), 7)
    rates = {test.number: (test.passed, test.run) for test in found.tests}
    graded = 3 + len(HOSTILE_NAMES)
    assert rates["1a-0-basic"] == (graded - 1 - len(HOSTILE_NAMES), graded)
    assert rates["2b-0-basic"] == (graded - 1, graded)
    assert [(question.name, question.passed) for question in found.questions] == [("1a", 2), ("2b", graded - 1)]
    (mistake,) = found.mistakes
    assert (mistake.count, mistake.hints) == (2, (HINT,))
    assert [(one.function, one.count) for one in found.unnamed] == [("loss_nonsaturating_d", 1)]
    assert [one.kind.title for one in found.innocent] == ["Took too long and was stopped"]
    assert {entry.id for one in found.look for entry, _ in one.members} == {"alan", "refused"}
    assert [entry.id for entry in found.not_graded] == ["refused", "failed"]
    assert found.slowest[0].id == "alan"
    assert ("Students", 6 + len(HOSTILE_NAMES)) in found.summary


def test_extra_credit_that_was_not_tried_was_not_passed():
    tried, untried = row("tried", "Ada"), row("untried", "Alan")
    del untried.results["tests"][0]["status"]
    found = report.Class([tried, untried], 7)
    assert [(test.number, test.passed, test.run) for test in found.tests][0] == ("1a-0-basic", 1, 2)
    assert [(question.name, question.passed) for question in found.questions] == [("1a", 1), ("2b", 2)]


# In the browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """(driver, address) of the page of `the_class`."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report.page(the_class(), 7), encoding="utf-8", errors="replace")
    with browser.chromium() as driver:
        yield driver, path.as_uri()


@pytest.fixture
def page(opened):
    """The driver, at the page as it opens; afterwards nothing may have acted, asked for anything or failed."""
    driver, address = opened
    browser.resize(driver, 1400)
    browser.requests(driver), driver.get_log("browser")
    driver.get("about:blank")
    driver.get(address)
    yield driver
    assert driver.title == f"Grades of {len(the_class())} submissions"
    assert driver.get_log("browser") == []
    assert browser.requests(driver) <= {address, "about:blank"}


def names(driver):
    """Of the students that are shown, in order."""
    return driver.execute_script(
        "return [...document.querySelectorAll('#table tbody tr:not([hidden]) th bdi')].map((one) => one.textContent)"
    )


def press(driver, selector, key="\ue007"):
    """Goes to an element and presses a key there."""
    element = driver.find_element("css selector", selector)
    driver.execute_script("arguments[0].focus()", element)
    driver.switch_to.active_element.send_keys(key)


def said(driver, words):
    """Whether the live region comes to say something."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 10).until(lambda _: words in driver.find_element("id", "shown").text)


def test_headings_sort_by_key_and_say_so(page):
    def column(name):
        headings = page.find_elements("css selector", "#table thead button")
        return next(index for index, one in enumerate(headings) if one.text.startswith(name)) + 1

    def points():
        cells = page.find_elements("css selector", f"#table tbody td:nth-child({column('Points')})")
        return [float(cell.text) for cell in cells]

    heading = f"#table thead th:nth-child({column('Points')})"
    for direction in ("ascending", "descending"):
        press(page, f"{heading} button")
        assert page.find_element("css selector", heading).get_attribute("aria-sort") == direction
        assert points() == sorted(points(), reverse=direction == "descending")
        assert said(page, f"sorted by Points, {direction}")
    press(page, "#table thead th:first-child button", " ")
    shown = [name for name in names(page) if name[0].isalpha()]
    assert shown.index("Ada Lovelace") < shown.index("Alan Turing") < shown.index("Grace Hopper")
    assert len(page.find_elements("css selector", "[aria-sort]")) == 1


def test_the_filters_narrow_down_together(page):
    every = len(names(page))
    find = page.find_element("id", "find")
    find.send_keys("HOPPER")
    assert names(page) == ["Grace Hopper"]
    assert said(page, f"1 of {every} students fit")
    find.clear()
    find.send_keys("group@")
    assert names(page) == ["Grace Hopper", "Barbara Liskov"]
    find.clear()
    find.send_keys(" ")
    assert len(names(page)) == every
    chosen = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))"
    status, test = page.find_element("id", "status"), page.find_element("id", "test")
    page.execute_script(chosen, status, "look")
    assert names(page) == ["Alan Turing", "refused"]
    page.execute_script(chosen, test, "3")
    assert names(page) == ["refused"]
    page.execute_script(chosen, status, "less")
    assert names(page) == ["refused", "failed"]
    page.execute_script(chosen, status, "graded")
    assert names(page) == []
    assert said(page, f"0 of {every} students fit")


def test_a_row_opens_and_closes_by_key_and_shows_planted_html_as_text(page):
    before = page.execute_script("return document.querySelectorAll('script, img, b').length")
    button = "#s1 th button"
    press(page, button)
    element = page.find_element("css selector", button)
    assert element.get_attribute("aria-expanded") == "true"
    detail = page.find_element("id", element.get_attribute("aria-controls"))
    output = detail.find_element("css selector", "pre").get_attribute("textContent")
    assert output == f"{SCRIPT}\n{IMAGE}\n\\u001b[31mred\\u202e\nits value is not right"
    for text in ("a block <b>twice</b>", HINT, "Seen by the staff only", "ended its process with status 3", "0 of 2"):
        assert text in detail.text
    assert page.execute_script("return document.querySelectorAll('script, img, b').length") == before
    press(page, button, " ")
    assert element.get_attribute("aria-expanded") == "false"
    assert not page.find_elements("css selector", ".detail")


def test_all_that_is_hostile_opens_as_text(page):
    page.find_element("id", "open").click()
    count = page.execute_script("return document.querySelectorAll('.detail').length")
    assert count == len(names(page)) == 6 + len(HOSTILE_NAMES)
    assert not page.find_elements("css selector", "img, iframe, .detail script, .detail b, [onmouseover]")
    assert {name[:20] for name in names(page)} >= {
        SCRIPT[:20],
        IMAGE[:20],
        '" onmouseover="alert',
        "{{ 7 * 7 }}{% raw %}",
    }
    page.find_element("id", "close").click()
    assert not page.find_elements("css selector", ".detail")


def test_what_got_in_all_the_same_would_be_stopped_by_the_policy(opened):
    driver, address = opened
    driver.get(address)
    driver.get_log("browser")
    driver.execute_script("document.body.insertAdjacentHTML('beforeend', arguments[0])", IMAGE)
    driver.execute_script("fetch('http://127.0.0.1:9/').catch(() => {})")
    driver.execute_script(
        "const one = document.createElement('script'); one.textContent = \"document.title = 'caught'\";"
        "document.body.append(one)"
    )
    driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert driver.title.startswith("Grades of")
    said = " ".join(entry["message"] for entry in driver.get_log("browser"))
    assert said.count("Content Security Policy") >= 3


def test_a_link_leads_to_its_row_opens_it_and_clears_the_filter(page):
    page.find_element("id", "find").send_keys("nobody")
    assert names(page) == []
    link = page.find_element("xpath", "//section[h2/@id='mistakes']//a[contains(., 'Alan')]")
    link.send_keys("\ue007")
    assert said(page, "students")
    assert page.switch_to.active_element.text == "Alan Turing"
    assert page.switch_to.active_element.get_attribute("aria-expanded") == "true"
    assert len(names(page)) == 6 + len(HOSTILE_NAMES)


def test_a_screen_reader_finds_names_and_roles(page):
    assert page.find_element("id", "find").accessible_name == "Name, number, mail or submission"
    assert page.find_element("id", "status").accessible_name == "Status"
    assert page.find_element("id", "test").accessible_name == "Failed test"
    assert page.find_element("id", "shown").aria_role == "status"
    picture = page.find_element("css selector", "figure svg")
    assert (picture.aria_role, picture.accessible_name) == ("image", "Distribution of scores")
    assert page.find_element("css selector", "#s0 th").aria_role == "rowheader"
    assert all(table.accessible_name for table in page.find_elements("css selector", "table") if table.is_displayed())
    levels = page.execute_script("return [...document.querySelectorAll('h1, h2')].map((one) => one.localName)")
    assert levels == ["h1"] + 8 * ["h2"]


def test_the_keyboard_passes_through_and_its_place_is_seen(page):
    page.execute_script("document.querySelector('.controls button').scrollIntoView()")
    page.find_element("id", "find").click()
    seen = []
    for _ in range(30):
        page.switch_to.active_element.send_keys("\ue004")
        here = page.switch_to.active_element
        seen.append(here.id)
        assert here.value_of_css_property("outline-style") == "solid" or here.tag_name in ("body", "html")
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("width", [400, 1400])
def test_no_width_makes_the_page_scroll_sideways(page, width):
    browser.resize(page, width)
    page.find_element("id", "open").click()
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def of_all_questions():
    """A submission that tried every question of points.json that is coded, and has a long id."""
    one = row(40 * "%E6%9D%8E", "李小龙")
    points = json.loads((ROOT / "points.json").read_text())
    one.results["tests"] = [
        {
            "score": worth,
            "max_score": 0 if number[0] in "6789" else worth,
            "status": "passed",
            "name": number,
            "number": number,
        }
        for number, worth in points.items()
        if "-" in number
    ]
    one.results["score"] = sum(test["score"] for test in one.results["tests"])
    return one


@pytest.mark.parametrize("width", [400, 1000, 1376, 1400, 2000])
def test_all_questions_and_long_ids_find_room(opened, tmp_path, width):
    driver, _ = opened
    path = tmp_path / "report.html"
    path.write_text(report.page([of_all_questions()], 7), encoding="utf-8")
    browser.resize(driver, width)
    driver.get(path.as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    table, box = driver.find_element("id", "table"), driver.find_element("css selector", ".box.wide")
    assert width < 1376 or table.size["width"] <= box.size["width"]
    cut = "return [...document.querySelectorAll('#table thead th')].filter((one) => one.scrollWidth > one.clientWidth)"
    assert not driver.execute_script(cut)
    whole = "return (([...all]) => all.every((one) => one.scrollHeight <= one.clientHeight))"
    whole += "(document.querySelectorAll('#table small, .id span'))"
    closed = driver.find_element("id", "s0").size["height"]
    assert not driver.execute_script(whole) and closed < 100
    press(driver, "#s0 th button")
    assert driver.execute_script(whole)


def test_extra_credit_has_no_points_by_test_either():
    text = report.page([of_all_questions()], 7)
    assert '<td class="n" data-label="Points: ">extra</td>' in text
    assert '<td class="n" data-label="Points: ">0</td>' not in text


def test_a_question_that_is_left_out_has_no_points_and_is_not_extra_credit():
    """To leave one out for a year, the instructors' page has its tests given 0 points."""
    one = of_all_questions()
    for test in one.results["tests"]:
        if test["number"].startswith("1a"):
            test["score"] = test["max_score"] = 0
    found = report.Class([one], 7)
    told = {number: points for number, _, points, _ in found.tests_as_data}
    assert (told["1a-0-basic"], told["1b-0-basic"], told["6a-0-basic"]) == (0, 1, "extra")
    text = report.page([one], 7)
    assert re.search(r'<th scope="row">1a</th>.*>0\.00 of 0<', text)
    assert re.search(r'<th scope="row">1a-0-basic</th>.* data-label="Points: ">0<', text)


def test_extra_credit_makes_no_full_marks_of_others():
    one = of_all_questions()
    assert "data-less" not in report.page([one], 7)
    for test in one.results["tests"]:
        if test["number"].startswith("1a"):
            test.update(score=0, status="failed")
    one.results["score"] = sum(test["score"] for test in one.results["tests"])
    assert one.results["score"] > 35
    assert re.search(r'id="s0"[^>]* data-less', report.page([one], 7))


def test_on_paper_nothing_is_cut_and_no_controls_are_left(page):
    press(page, "#s1 th button")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not page.find_element("id", "controls").is_displayed()
        assert not page.find_element("css selector", "nav").is_displayed()
        assert page.find_element("css selector", ".detail pre").value_of_css_property("max-height") == "none"
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert not page.find_elements("css selector", "details:not([open])")
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(page.find_elements("css selector", "#table thead button")) == 8


def test_two_thousand_students_open_in_less_than_two_seconds(opened, tmp_path):
    driver, _ = opened
    path = tmp_path / "large.html"
    path.write_text(report.page(large_class(2000), 7), encoding="utf-8")
    assert path.stat().st_size < 50e6
    # The processor's time: other tests may be running beside this one.
    assert browser.processor_seconds(driver, path.as_uri()) < 2
    assert len(names(driver)) == report.ROWS
    assert said(driver, f"2000 students; {report.ROWS} of them are shown")
    driver.find_element("id", "find").send_keys("Number 1999")
    assert names(driver) == ["Student Number 1999"]
    driver.find_element("id", "find").clear()
    driver.find_element("id", "find").send_keys("\ue00d")
    driver.find_element("id", "all").click()
    assert len(names(driver)) == 2000
    assert driver.get_log("browser") == []


def test_without_scripts_every_student_is_there(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report.page(large_class(report.ROWS + 1), 7), encoding="utf-8")
    with browser.chromium() as driver:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        driver.get(path.as_uri())
        assert driver.find_element("id", f"s{report.ROWS}").is_displayed()
        assert not driver.find_element("id", "controls").is_displayed()

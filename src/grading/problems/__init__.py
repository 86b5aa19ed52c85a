"""The tests of the coding problems, a file a problem or group of them."""

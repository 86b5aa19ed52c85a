"""Misconceptions that entries of several functions share."""

KEPT = {
    "misconception": "what comes of one call is kept on the object, and enters the next",
    "hint": "Call your function twice, with other numbers. What of the first call is still there at the second?",
}
DRAWN_ONCE = {
    "misconception": "what was drawn at the first call is kept, and used at every other",
    "hint": "Call your function twice. Which of its numbers should be new the second time, and which are?",
}
IN_EVALUATION_MODE = {
    "misconception": "the result is another one in evaluation mode",
    "hint": "Call your function, then eval() on the network, and call it again. Which equation asks for a mode?",
}
CLAMPED = {
    "misconception": "numbers are clamped for stability",
    "hint": "A flow is a bijection, and its density is exact. Which points does your clamp no longer tell apart?",
}
MEAN_OF_MEANS = {
    "misconception": "a mean of means of parts, of which the last is smaller",
    "hint": "Take ten rows in parts of eight. How much does each of the last two count in your mean?",
}

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
WITHOUT_GRADIENTS = {
    "misconception": "nothing is drawn where no gradients are asked for",
    "hint": "Call your function under torch.no_grad(), as on the test set. Is it a bound on the same number there?",
}
SEED_SET = {
    "misconception": "a seed is set in the function",
    "hint": "Call your function twice. Which numbers should be new the second time, and whose else do you set back?",
}
CLAMPED = {
    "misconception": "numbers are clamped for stability",
    "hint": "A flow is a bijection, and its density is exact. Which points does your clamp no longer tell apart?",
}
MEAN_OF_MEANS = {
    "misconception": "a mean of means of parts, of which the last is smaller",
    "hint": "Take ten rows in parts of eight. How much does each of the last two count in your mean?",
}
LEFT = {
    "misconception": "the network is left in another state than it was in",
    "hint": "Print requires_grad of its parameters, and its mode, before and after your function. Who trains on?",
}
DEPENDENT = {
    "misconception": "what is drawn for one image depends on what is drawn for another",
    "hint": "Draw for a thousand images, and hold the first half against the second. Should they tell of each other?",
}
CENTRED = {
    "misconception": "the mean of the noise is taken away",
    "hint": "Is the mean of a thousand independent standard normal numbers 0, or only near it? Say how near.",
}
CUT_OFF = {
    "misconception": "the tails of the noise are cut off",
    "hint": "How often is a standard normal number beyond 3, and how many numbers does a run draw?",
}
ANOTHER_DIVERGENCE = {
    "misconception": "another divergence than the one that is asked for",
    "hint": "Call your function with two rows of the table, and the same images. Should the two numbers be the same?",
}
FOR_VARIETY = {
    "misconception": "the generator is rewarded for images that differ",
    "hint": "Which term of the equation holds two images at once?",
}
BLENDED = {
    "misconception": "fakes that are means of two generated images",
    "hint": "Look at an image that d is given. Did g make it?",
}
SCRAMBLED = {
    "misconception": "images whose pixels come from different images",
    "hint": "Look at the images that d is given. Was any of them in the batch, or made by g?",
}
STANDARDISED = {
    "misconception": "the noise is standardised after it was drawn",
    "hint": "Do the numbers that randn draws have mean 0, or their law? What is left of a batch of one?",
}
PAUSED = {
    "misconception": "training is paused where the loss is small enough",
    "hint": "Put in a discriminator that is right everywhere, and call backward. Where in the equation does it stop to "
    "learn?",
}
FLOODED = {
    "misconception": "the loss is kept from becoming small",
    "hint": "Put in a discriminator that is right everywhere. In which direction does your gradient lead it?",
}
SOFTPLUS_CUT_SHORT = {
    "misconception": "softplus is taken for its argument too early",
    "hint": "Compare softplus(4) with 4: to how many digits do they agree, and how many does float32 have?",
}

"""Requests that no tool in this data can serve, and answers that say so."""

from __future__ import annotations

NO_TOOL_ANSWERS = (
    "None of the tools on offer can do that.",
    "I have no tool for that request.",
    "No tool here fits this request.",
    "The available tools cannot answer this.",
    "That is not something the given tools can do.",
    "I cannot do that with the tools I have.",
    "None of these functions can be used for this.",
    "Sorry, no function here covers that.",
)

SMALL_TALK = (
    "Write me a short poem about the first snow of the year.",
    "What makes a good friend, in your opinion?",
    "Can you explain why people enjoy scary stories?",
    "Tell me a joke about a forgetful gardener.",
    "Help me think of a name for my new sailing boat.",
    "How do I apologize to a colleague I was rude to?",
    "Why is the sky blue during the day and red at sunset?",
    "Give me three ideas for a rainy afternoon with children.",
    "Do you think robots will ever have feelings?",
    "Explain the rules of hide and seek to a five-year-old.",
    "What should I say in a toast at my sister's wedding?",
    "Describe the taste of cinnamon to someone who never tried it.",
    "How can I stop putting things off all the time?",
    "Write an opening line for a detective story set on a ship.",
    "What is the difference between a hobby and a passion?",
    "Suggest a polite way to leave a party early.",
    "How are you doing today, and what can you do?",
    "Tell me how people told the time before clocks existed.",
    "What does the saying about the early bird mean?",
    "Invent a riddle whose answer is a bridge.",
    "Why do cats purr when they are stroked?",
    "Explain in simple words what a metaphor is.",
    "I feel a little sad this evening, can we talk?",
    "Rewrite this sentence in a friendlier tone: send me the file now.",
    "How should I prepare for my first day at a new job?",
    "Come up with a slogan for a small bakery.",
    "What are good manners when visiting someone's home?",
    "Summarize the plot of a fairy tale of your choice.",
    "Which came first, the chicken or the egg?",
    "How do I keep a conversation going with a shy person?",
)

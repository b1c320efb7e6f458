"""Chat templates of several tempers."""

from __future__ import annotations


def written(content: str) -> str:
    """A ChatML template that writes an expression in place of a turn's content."""
    return (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}{{ "
        + content
        + " }}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )


CHATML = written("message['content']")
FIRST_ONLY = (
    "{% if messages[0]['role'] == 'system' %}{{ '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}"
    "{% endif %}{% for message in messages %}{% if message['role'] != 'system' %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HOISTED = (  # as DeepSeek's: all system turns at the top
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\n' }}{% endif %}"
    "{% endfor %}{% for message in messages %}{% if message['role'] != 'system' %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
REFUSES_LATER = (
    "{% for message in messages %}{% if message['role'] == 'system' and not loop.first %}"
    "{{ raise_exception('After the optional system message, roles must alternate') }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PHI3 = (
    "{% for message in messages %}{% if message['role'] in ['user', 'assistant'] %}"
    "{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ '<|endoftext|>' }}{% endif %}"
)
PHI3_TOKENS = ("<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>")
QWEN3 = (  # thoughts after the last question only
    "{% set ns = namespace(last=0) %}{% for m in messages %}"
    "{% if m.role == 'user' and not m.content.startswith('<tool_response>') %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and m.reasoning_content is defined and loop.index0 > ns.last %}"
    "{{ '<think>\n' + m.reasoning_content.strip('\n') + '\n</think>\n\n' + m.content.lstrip('\n') }}"
    "{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_OPENING = ("assistant\n' }}{% endif %}", "assistant\n<think>\n' }}{% endif %}")
OPENS_THOUGHTS = QWEN3.replace(*_OPENING)  # Qwen3-Thinking
OPENS_AND_DROPS_THOUGHTS = CHATML.replace(*_OPENING)  # QwQ, DeepSeek R1

"""The one renderer: the same text for training, evaluation and serving."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property

from transformers import PreTrainedTokenizerBase

from lit_toolcall.formats import CallSyntaxError, call_format, has_words
from lit_toolcall.prompting.options import PromptOptions
from lit_toolcall.prompting.template import ChatTemplate, Turn, check_template
from lit_toolcall.prompting.tokenizer import add_marker_tokens, load_tokenizer
from lit_toolcall.schema import render_json, render_signature
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

BREAK = "\ufdd0"
"""Stands inside the name of a special token where a user, a tool or a schema says it: it is tokenized as plain text.
A code point that Unicode reserves for such use inside a program."""
KEPT_TOOLS = 10_000
"""Tools whose texts are kept for the next row that offers them."""
ANCHORS = ("|", "\n", "0")
"""Stand before a text whose tokens are wanted as they are in the middle of a line; the first that the text's own
beginning does not merge with."""
SHOW_TOOL = {"json": render_json, "signature": render_signature}


class Renderer:
    """Turns examples into text and token ids, and generated text back into calls.

    Args:
        tokenizer: the base model's, changed in place: it gets the markers of the call format.
        options: how prompts are written.

    Attributes:
        new_tokens: for each new token's id, the ids that its text was made of before.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, options: PromptOptions) -> None:
        if options.tools_as not in SHOW_TOOL or options.special_tokens not in ("add", "text"):
            raise UserError(
                f"prompt: tools_as={options.tools_as!r} must be json or signature, and "
                f"special_tokens={options.special_tokens!r} must be add or text"
            )
        self.options = options
        self.tokenizer = tokenizer
        self.format = call_format(options.call_format)
        markers = self.format.markers if options.special_tokens == "add" else ()
        self.new_tokens = add_marker_tokens(tokenizer, markers)
        self.template = ChatTemplate(tokenizer)
        self._shown: dict[int, tuple[Tool, str]] = {}
        check_template(self.template)

    def render_system(self, tools: Sequence[Tool]) -> str:
        """Write the instruction and the tools on offer; nothing where there are none."""
        if not tools:
            return ""
        shown = "\n".join(map(self._show, tools))
        return f"{self.format.instruction}\nTools:\n{shown}"

    def _show(self, tool: Tool) -> str:
        """Write a tool; once for all rows that hold the same object, as those of a file of tools do."""
        if id(tool) not in self._shown:
            if len(self._shown) >= KEPT_TOOLS:
                self._shown.clear()
            text = SHOW_TOOL[self.options.tools_as](tool)
            self._shown[id(tool)] = tool, self._break_special(text)  # keeping the tool keeps its id its own
        return self._shown[id(tool)][1]

    def render_prompt(self, example: Example) -> str:
        """Write everything up to where the answer begins; a `BREAK` is inside what only looks like a special token."""
        system = self.render_system(example.tools)
        turns = [{"role": "system", "content": system}] if system else []
        return self.template.render_prompt(turns + [self._turn(message) for message in example.messages])

    def render_answer(self, answer: Message) -> str:
        """Write the answer and the end of its turn: exactly what is trained.

        Raises:
            CallSyntaxError: the call format cannot hold a call.
        """
        return self._turn(answer)["content"] + self.template.turn_end

    def encode_prompt(self, example: Example) -> list[int]:
        """Make the prompt's token ids, in training and at inference alike."""
        return self.encode_text(self.render_prompt(example))

    def encode_text(self, text: str) -> list[int]:
        """Tokenize; the template has already written all special tokens, and what stands around a `BREAK` is none.

        Tokenizers of Llama 2's kind (Phi-3) write a space before whatever follows a new token; it is kept out.
        """
        first, *others = text.split(BREAK)
        return self._encode_between(first, is_inner=False) + [
            token for part in others for token in self._encode_between(part, is_inner=True)
        ]

    def _encode_between(self, text: str, is_inner: bool) -> list[int]:
        parts = self._new_markers.split(text) if self._spaces_after_markers else [text]
        ids: list[int] = []
        for part in parts:
            if (is_inner or ids) and not self._new_markers.fullmatch(part):
                ids += self._encode_inner(part)
            else:
                ids += self._encode_part(part)
        return ids

    def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize many texts, on all cores where the tokenizer may."""
        if self._spaces_after_markers or any(BREAK in text for text in texts):
            return [self.encode_text(text) for text in texts]
        encoded = self.tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False) if texts else {}
        return list(encoded.get("input_ids", []))

    def _encode_part(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _encode_inner(self, text: str) -> list[int]:
        """Tokenize as in the middle of a line, where some tokenizers write no space first."""
        if not self._spaces_after_markers:
            return self._encode_part(text)
        encoded = ((self._encode_part(anchor), self._encode_part(anchor + text)) for anchor in ANCHORS)
        return next(ids[len(before) :] for before, ids in encoded if ids[: len(before)] == before)

    def _break_special(self, text: str) -> str:
        """Keep text of others from being read as special tokens, such as the end of a turn."""
        return self._special.sub(lambda name: f"{name[0][0]}{BREAK}{name[0][1:]}", text.replace(BREAK, ""))

    @cached_property
    def _special(self) -> re.Pattern[str]:
        tokens = self.tokenizer.added_tokens_decoder.values()
        names = {token.content for token in tokens if token.special} | {*self.format.markers, self.template.turn_end}
        return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1))

    @cached_property
    def _new_markers(self) -> re.Pattern[str]:
        names = [re.escape(self.decode([token])) for token in self.new_tokens]
        return re.compile(f"({'|'.join(names)})" if names else "(?!)")

    @cached_property
    def _spaces_after_markers(self) -> bool:
        probes = [self.decode([token]) + ANCHORS[0] for token in self.new_tokens]
        return any(self.decode(self._encode_part(probe)) != probe for probe in probes)

    def decode(self, ids: Sequence[int]) -> str:
        """Write token ids as text, special tokens included."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def parse(self, text: str) -> Prediction:
        """Read the calls out of a generated answer, whose end of turn and thoughts are cut off."""
        body = text.split(self.template.turn_end)[0] if self.format.stop != self.template.turn_end else text
        said = self.format.cut_thoughts(body)
        as_bfcl = self.format.read_as_bfcl(said)
        try:
            calls = self.format.read(said)
        except CallSyntaxError as error:
            return Prediction(text, None, error.problem, as_bfcl)
        is_empty = not calls and not has_words(self._special.sub("", said))
        return Prediction(text, calls, Problem.EMPTY if is_empty else None, as_bfcl)

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """Strings after which a generated answer is complete."""
        return tuple(dict.fromkeys(stop for stop in (self.format.stop, self.template.turn_end) if stop))

    @property
    def fingerprint(self) -> str:
        """A hash of how prompts come out: a checkpoint trained under another one would be asked in the wrong words."""
        text = self.render_prompt(PROBE_EXAMPLE) + self.render_answer(PROBE_EXAMPLE.messages[1])
        ids = self.encode_text(text)
        return hashlib.sha256(f"{text}\n{ids}".encode()).hexdigest()[:16]

    def _turn(self, message: Message) -> Turn:
        if message.role == "tool":  # few templates know the role; Hermes' convention is read by all
            content = self._break_special(message.content)
            return {"role": "user", "content": f"<tool_response>\n{content}\n</tool_response>"}
        if message.role != "assistant":
            return {"role": message.role, "content": self._break_special(message.content)}
        parts = [message.content] if message.content else []
        parts += [self.format.render(message.calls)] if message.calls else []
        text = "\n".join(parts)
        # The template writes the end of the turn; Phi-3's is also the string that closes tool_code's calls.
        return {"role": message.role, "content": text.removesuffix(self.template.turn_end)}


def load_renderer(base_model: str, options: PromptOptions, trust_remote_code: bool = False) -> Renderer:
    """Load a model's tokenizer and make its renderer.

    Raises:
        UserError: the tokenizer cannot be loaded, or its chat template does not work.
    """
    return Renderer(load_tokenizer(base_model, trust_remote_code), options)


PROBE_EXAMPLE = Example(
    id="probe",
    tools=(
        Tool(
            "get_weather",
            "Get the weather.",
            {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city."},
                    "days": {"type": "integer"},
                },
                "required": ["city"],
            },
        ),
    ),
    messages=(
        Message("user", "Weather in Oslo?"),
        Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo", "days": 2}),)),
        Message("tool", '{"sky": "clear"}'),
    ),
    answer=None,
)

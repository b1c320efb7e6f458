"""The one renderer: the same text for training, evaluation and serving."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from transformers import PreTrainedTokenizerBase

from lit_toolcall.formats import CallFormat, CallSyntaxError, find_call_format, has_words
from lit_toolcall.prompting.limits import ModelLimits, read_limits
from lit_toolcall.prompting.options import DEFAULT_PROMPT, PromptOptions
from lit_toolcall.prompting.template import ChatTemplate, Turn, check_template
from lit_toolcall.prompting.tokenizer import add_marker_tokens, load_tokenizer
from lit_toolcall.schema import render_json, render_signature
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

BREAK = "\ufdd0"
"""Stands inside the name of an added token where a user, a tool or a schema says it: it is tokenized as plain text.
A code point that Unicode reserves for such use inside a program."""
KNOWN_ENDS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<|end|>",
    "<|end_of_turn|>",
    "<|end_of_role|>",
    "<|return|>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
    "<eos>",
    "</s>",
)
"""End tokens of many models, which answers bring along from the model or template that wrote them."""
KEPT_IN_WORDS = re.compile("think|thought|python_tag", re.IGNORECASE)
"""Added tokens that an assistant's words may hold: marks of thoughts, and what Llama 3 writes before its calls."""
NUMBER = re.compile(r"\d+")
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
        limits: what the model's own files say of its ends and positions.

    Attributes:
        new_tokens: for each new token's id, the ids that its text was made of before.
        positions: tokens of prompt and answer together that the model takes; None where that is not known.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, options: PromptOptions, limits: ModelLimits | None = None
    ) -> None:
        if options.tools_as not in SHOW_TOOL or options.special_tokens not in ("add", "text"):
            raise UserError(
                f"prompt: tools_as={options.tools_as!r} must be json or signature, and "
                f"special_tokens={options.special_tokens!r} must be add or text"
            )
        self.options = options
        self.tokenizer = tokenizer
        self.format = find_call_format(options.call_format)
        markers = self.format.markers if options.special_tokens == "add" else ()
        self.new_tokens = add_marker_tokens(tokenizer, markers)
        self.template = ChatTemplate(tokenizer)
        self._limits = limits or ModelLimits()
        self.positions = self._limits.positions
        self._shown: dict[int, tuple[Tool, str]] = {}
        check_template(self.template)

    def render_system(self, tools: Sequence[Tool]) -> str:
        """Write the instruction and the available tools; nothing where there are none."""
        if not tools:
            return ""
        return write_system(self.format, map(self._show, tools))

    def _show(self, tool: Tool) -> str:
        """Write a tool; once for all rows that hold the same object, as those of a file of tools do."""
        if id(tool) not in self._shown:
            if len(self._shown) >= KEPT_TOOLS:
                self._shown.clear()
            text = SHOW_TOOL[self.options.tools_as](tool)
            self._shown[id(tool)] = tool, self._break_added(text)  # keeping the tool keeps its id its own
        return self._shown[id(tool)][1]

    def render_prompt(self, example: Example) -> str:
        """Write everything up to where the answer begins; a `BREAK` is inside what only looks like an added token."""
        system = self.render_system(example.tools)
        turns = [{"role": "system", "content": system}] if system else []
        return self.template.render_prompt(turns + [self._turn(message) for message in example.messages])

    def render_answer(self, answer: Message) -> str:
        """Write the answer and the end of its turn: exactly what is trained, but for each `BREAK`.

        Reasoning stands before the words where the chat template has a place for it; what a prompt opens for it is
        closed.

        Raises:
            CallSyntaxError: the call format cannot hold a call, or an end token stands inside the answer.
        """
        words, calls = self._write_parts(answer)
        thoughts = self.template.reasoning
        shown = answer.reasoning if thoughts else ""
        stop = self.format.stop or ""
        for part in (shown, words.removesuffix(stop), calls.removesuffix(stop)):
            end = next((end for end in self.stop_strings if end in part.replace(BREAK, "")), None)
            if end is not None:
                raise CallSyntaxError(
                    Problem.SYNTAX,
                    f"the answer says {end!r}, which ends an answer, so that what follows it would never be "
                    "generated: take it out",
                )
        content = self._join_parts(words, calls) + self.template.turn_end
        if thoughts and shown:
            return thoughts.before + self._break_words(shown.strip()) + thoughts.after + content
        if thoughts and thoughts.is_open and thoughts.after.strip() not in content:
            return thoughts.after + content
        return content

    def encode_prompt(self, example: Example) -> list[int]:
        """Make the prompt's token ids, in training and at inference alike."""
        return self.encode_text(self.render_prompt(example))

    def encode_text(self, text: str) -> list[int]:
        """Tokenize; all special tokens are written already, and a `BREAK` stands inside what is not one.

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
        if self._spaces_after_markers:
            return [self.encode_text(text) for text in texts]
        plain = [text for text in texts if BREAK not in text]
        encoded = self.tokenizer(plain, add_special_tokens=False, return_attention_mask=False) if plain else {}
        ids = iter(encoded.get("input_ids", []))
        return [self.encode_text(text) if BREAK in text else next(ids) for text in texts]

    def _encode_part(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _encode_inner(self, text: str) -> list[int]:
        """Tokenize as in the middle of a line, where some tokenizers write no space first."""
        if not self._spaces_first:
            return self._encode_part(text)
        encoded = ((self._encode_part(anchor), self._encode_part(anchor + text)) for anchor in ANCHORS)
        return next(ids[len(before) :] for before, ids in encoded if ids[: len(before)] == before)

    def _break_added(self, text: str) -> str:
        """Keep text of users, tools and schemas from being read as added tokens, such as the end of a turn.

        Raises:
            UserError: it holds the code point that marks such places.
        """
        text = break_names(refuse_break(text), self._names_of_others)
        is_read_as_name = self._normalized_names is not None and any(
            self._normalized_names.search(self._normalize(part)) for part in text.split(BREAK)
        )
        return BREAK.join(text.replace(BREAK, "")) if is_read_as_name else text

    @cached_property
    def _added_names(self) -> frozenset[str]:
        """Names of added tokens that text of users, tools and schemas must not become; runs of white space are text."""
        tokens = {token.content for token in self.tokenizer.added_tokens_decoder.values()}
        names = tokens | {*self.format.markers, *self.ends}
        return frozenset(name for name in names if len(name) > 1 and name.strip("\u2581 \t\r\n"))

    @cached_property
    def _names_of_others(self) -> re.Pattern[str]:
        return match_names(self._added_names)

    @cached_property
    def _names_in_words(self) -> re.Pattern[str]:
        """Names that are broken in an assistant's words: all but the marks of its own thoughts."""
        kept = {name for name in self._added_names if KEPT_IN_WORDS.search(name)} - {*self.ends}
        return match_names(self._added_names - kept)

    @cached_property
    def _names_in_calls(self) -> re.Pattern[str]:
        """Names that are broken in calls: all but the markers that open and close them."""
        kept = {name for name in self._added_names if KEPT_IN_WORDS.search(name)} - {*self.ends}
        return match_names(self._added_names - kept - {*self.format.markers})

    @cached_property
    def _normalized_names(self) -> re.Pattern[str] | None:
        """Names that are looked for in normalized text, where other spellings become them; None if there are none."""
        tokens = self.tokenizer.added_tokens_decoder.values()
        names = [token.content for token in tokens if token.normalized and token.content in self._added_names]
        if not names or not self.tokenizer.is_fast or self.tokenizer.backend_tokenizer.normalizer is None:
            return None
        return match_names(self._normalize(name).strip("\u2581 ") for name in names)

    def _normalize(self, text: str) -> str:
        return str(self.tokenizer.backend_tokenizer.normalizer.normalize_str(text))

    @cached_property
    def _new_markers(self) -> re.Pattern[str]:
        names = [re.escape(self.decode([token])) for token in self.new_tokens]
        return re.compile(f"({'|'.join(names)})" if names else "(?!)")

    @cached_property
    def _spaces_first(self) -> bool:
        first, second = ANCHORS[0], ANCHORS[-1]
        return self.decode(self._encode_part(first) + self._encode_part(second)) != first + second

    @cached_property
    def _spaces_after_markers(self) -> bool:
        probes = [self.decode([token]) + ANCHORS[0] for token in self.new_tokens]
        return any(self.decode(self._encode_part(probe)) != probe for probe in probes)

    def decode(self, ids: Sequence[int]) -> str:
        """Write token ids as text, special tokens included."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def parse(self, text: str, is_cut: bool = False, call_format: CallFormat | None = None) -> Prediction:
        """Read the calls of a generated answer, without its thoughts and what follows an end token.

        Args:
            text: as it was generated.
            is_cut: whether it was stopped before its end, which decides the name of its problem.
            call_format: reads the calls; by default the one that prompts ask for.
        """
        reader = call_format or self.format
        said = reader.cut_thoughts(self.cut_answer(text))
        as_bfcl = reader.read_as_bfcl(said)
        try:
            calls = reader.read(said)
        except CallSyntaxError as error:
            return Prediction(text, None, error.problem, as_bfcl, is_cut)
        words = self._names_of_others.sub("", said)
        is_empty = not calls and not has_words(words)
        return Prediction(text, calls, Problem.EMPTY if is_empty else None, as_bfcl, is_cut, words)

    def cut_answer(self, text: str) -> str:
        """Take a generated answer up to its first end token, which goes too unless it closes the calls."""
        for end in self.ends:
            if end != self.format.stop:
                text = text.partition(end)[0]
        return text

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """Tokens that end an answer: the one that is trained, then the tokenizer's and those that the model names."""
        return tuple(dict.fromkeys((self.template.turn_end, str(self.tokenizer.eos_token), *self._limits.ends)))

    @property
    def end_ids(self) -> list[int]:
        """The ids of those ends that are one token."""
        vocabulary = self.tokenizer.get_vocab()
        return [vocabulary[end] for end in self.ends if end in vocabulary]

    @cached_property
    def stop_strings(self) -> tuple[str, ...]:
        """Strings after which a generated answer is complete."""
        return tuple(dict.fromkeys(stop for stop in (self.format.stop, *self.ends) if stop))

    @property
    def fingerprint(self) -> str:
        """A hash of how prompts come out: a checkpoint trained under another one would be asked in the wrong words."""
        text = self.render_prompt(PROBE_EXAMPLE) + self.render_answer(PROBE_EXAMPLE.messages[1])
        ids = self.encode_text(text)
        return hashlib.sha256(f"{text}\n{ids}".encode()).hexdigest()[:16]

    def _turn(self, message: Message) -> Turn:
        if message.role == "tool":  # few templates know the role; Hermes' convention is read by all
            return {"role": "user", "content": write_tool_response(self._break_added(message.content))}
        if message.role != "assistant":
            return {"role": message.role, "content": self._break_added(message.content)}
        thoughts = self.template.reasoning if message.reasoning else None
        shown = {thoughts.key: self._break_words(message.reasoning)} if thoughts else {}
        return {"role": message.role, "content": self._join_parts(*self._write_parts(message)), **shown}

    def _write_parts(self, message: Message) -> tuple[str, str]:
        """Write an assistant's words, without end tokens after them, and its calls."""
        words = cut_ends(message.content, self._list_ends(message.content))
        opens_calls = bool(self.format.markers) and self.format.start in words  # such as a sampled answer, as it came
        written = break_names(refuse_break(words), self._names_in_calls) if opens_calls else self._break_words(words)
        calls = self.format.render(message.calls) if message.calls else ""
        return written, break_names(refuse_break(calls), self._names_in_calls)

    def _break_words(self, text: str) -> str:
        return break_names(refuse_break(text), self._names_in_words)

    def _join_parts(self, words: str, calls: str) -> str:
        text = "\n".join(part for part in (words, calls) if part)
        # The template writes the end of the turn; Phi-3's is also the string that closes tool_code's calls.
        return text.removesuffix(self.template.turn_end)

    def _list_ends(self, content: str) -> set[str]:
        """List what may not follow an answer's words: end tokens, of other models too."""
        ends = {*KNOWN_ENDS, *self.stop_strings}
        if self.format.start in content:
            ends -= {*self.format.markers}
        if "<s>" in content and "</s>" not in self.ends:  # struck out in HTML
            ends -= {"</s>"}
        return ends


def write_system(call_format: CallFormat, shown: Iterable[str]) -> str:
    """Write the instruction of a call format, and the tools as they are shown."""
    return "\n".join([call_format.instruction, "Tools:", *shown])


def write_tool_response(content: str) -> str:
    """Write a tool's result as the user's words.

    >>> write_tool_response("sunny")
    '<tool_response>\\nsunny\\n</tool_response>'
    """
    return f"<tool_response>\n{content}\n</tool_response>"


def break_names(text: str, names: re.Pattern[str]) -> str:
    """Put a `BREAK` into each name that a text holds, also into those that overlap.

    >>> break_names("a <b> c", re.compile("<b>")) == f"a <{BREAK}b> c"
    True
    """
    while names.search(text):
        text = names.sub(lambda name: f"{name[0][0]}{BREAK}{name[0][1:]}", text)
    return text


def refuse_break(text: str) -> str:
    """Return a text that does not hold the code point that marks such places.

    Raises:
        UserError: it does.
    """
    if BREAK in text:
        raise UserError("the text holds U+FDD0, a code point that is no character: take it out")
    return text


def match_names(names: Iterable[str]) -> re.Pattern[str]:
    """Match any of some names, the longest first; numbered ones, of which there may be thousands, by any number.

    >>> bool(match_names(["<unused1>", "<unused2>"]).fullmatch("<unused77>"))
    True
    """
    ordered = sorted((name for name in names if name), key=len, reverse=True)
    written = [NUMBER.sub(r"\\d+", re.escape(name)) if name[0] in "<[" else re.escape(name) for name in ordered]
    return re.compile("|".join(dict.fromkeys(written)) or "(?!)")


def cut_ends(text: str, ends: Iterable[str]) -> str:
    r"""Cut end tokens off a text, and the white space around them; a text that has none stays as it is.

    >>> cut_ends("Hello. </s><|im_end|>\n", ["</s>", "<|im_end|>"])
    'Hello.'
    >>> cut_ends("Hello.\n", ["</s>"])
    'Hello.\n'
    """
    kept = end = len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        found = next((name for name in ends if text.endswith(name, 0, end)), None)
        if found is None:
            return text if kept == len(text) else text[:end]
        kept = end = end - len(found)


def load_renderer(
    base_model: str, options: PromptOptions = DEFAULT_PROMPT, trust_remote_code: bool = False
) -> Renderer:
    """Load a model's tokenizer and make its renderer.

    Raises:
        UserError: the tokenizer cannot be loaded, or its chat template does not work.
    """
    tokenizer = load_tokenizer(base_model, trust_remote_code)
    return Renderer(tokenizer, options, read_limits(base_model, tokenizer))


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

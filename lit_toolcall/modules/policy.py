"""The LightningModule below all others: it builds the policy, saves its trained weights and answers questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_toolcall.evaluation import (
    Answered,
    EngineAnswerer,
    ResultFiles,
    ResultOrigin,
    answer_examples,
    begin_results,
    describe_confidence,
    hash_questions,
    join_results,
    measure_results,
    remove_parts,
    write_metrics,
)
from lit_toolcall.evaluation.results import PREDICTIONS, join_settings
from lit_toolcall.evaluation.run import ask_batch
from lit_toolcall.generation import Engine, EngineFactory, GenerationOptions, TransformersEngine
from lit_toolcall.metrics import describe_figures, describe_metrics, list_rates
from lit_toolcall.models.checkpoint import (
    check_trained_state,
    hash_sample,
    hash_weights,
    is_untrained,
    read_checkpoint,
    trained_state,
)
from lit_toolcall.models.forward import in_eval_mode
from lit_toolcall.models.loading import DType, Quantization, add_token_rows, load_base
from lit_toolcall.models.lora import LoraOptions, add_lora, describe_parameters
from lit_toolcall.models.reference import POLICY_ADAPTER
from lit_toolcall.modules.finite import refuse_broken_checkpoint
from lit_toolcall.modules.schedules import (
    OptimizerFactory,
    ScheduleFactory,
    bind_schedule,
    count_warmup_steps,
    find_schedule,
    make_optimizer,
    read_settings,
)
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, Renderer, load_renderer, save_tokenizer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError

if TYPE_CHECKING:
    from peft import PeftModel

DEFAULT_LORA = LoraOptions()
SETTINGS = "lit_toolcall.json"
"""In a PEFT folder: the settings that its answers depend on."""


class PolicyModule(LightningModule):
    """A language model with adapters that train, beside its renderer.

    Args:
        base_model: local folder or hub id of the model.
        prompt: how tools, dialogues and calls become text.
        lora: the adapters; all training goes through them.
        init_adapter: a .ckpt file of an earlier `fit`, such as SFT's, whose trained weights this training starts from;
            it is not merged. None starts anew.
        dtype: of the frozen weights: `float32`, `bfloat16` or `float16`; the adapters are always fp32.
        quantization: `none`, or `4bit` for QLoRA.
        gradient_checkpointing: recompute activations in the backward pass: half the speed for a fraction of the memory.
        optimizer: makes the optimizer of the trained parameters; torch.optim.AdamW by default.
        schedule: makes the learning-rate schedule, stepped once an optimizer step: a function or class by its import
            path, such as `transformers.get_wsd_schedule` or `torch.optim.lr_scheduler.CosineAnnealingLR`. It
            gets the run's numbers of steps by its own names for them, such as `num_training_steps`; its
            `num_decay_steps` are a tenth of all steps.
        schedule_arguments: further arguments of the schedule, such as `num_decay_steps` or `eta_min`.
        warmup_ratio: fraction of all optimizer steps over which the learning rate rises, 0 to 1, rounded up to a step.
        generation: how answers are decoded in `test` and `predict`.
        engine: answers prompts, in place of the model in this process: a subclass of `lit_toolcall.generation.Engine`
            of your own, by its import path.
        trust_remote_code: whether Python code beside the weights may run.
    """

    policy: PeftModel
    renderer: Renderer
    answerer: EngineAnswerer
    results: ResultFiles

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions = DEFAULT_PROMPT,
        lora: LoraOptions | None = DEFAULT_LORA,
        init_adapter: str | None = None,
        dtype: DType = "bfloat16",
        quantization: Quantization = "none",
        gradient_checkpointing: bool = False,
        optimizer: OptimizerFactory | None = None,  # a class here would lend its arguments to the one that is named
        schedule: str | ScheduleFactory = "transformers.get_cosine_schedule_with_warmup",
        schedule_arguments: dict[str, Any] | None = None,
        warmup_ratio: float = 0.03,
        generation: GenerationOptions | None = None,
        engine: EngineFactory | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__()
        check_ranges(type(self), warmup_ratio=warmup_ratio)
        self.strict_loading = False  # a checkpoint holds the trained weights only; they are checked by hand
        self.base_model = base_model
        self.prompt = prompt
        if lora is None:
            raise UserError(
                "model.lora=null: full fine-tuning is not supported, adapters are what trains: leave lora out for "
                "its defaults, or give r, alpha and targets (all-linear with a high r comes closest)"
            )
        self.lora = lora
        self.init_adapter = init_adapter
        self.dtype_of_base: DType = dtype
        self.quantization: Quantization = quantization
        self.gradient_checkpointing = gradient_checkpointing
        self.optimizer = optimizer or torch.optim.AdamW
        self.schedule = find_schedule(schedule)
        self.schedule_arguments = schedule_arguments or {}
        self.warmup_ratio = warmup_ratio
        self.generation = generation or GenerationOptions()
        self.engine_factory = engine or TransformersEngine
        self.trust_remote_code = trust_remote_code
        self.trained_steps = 0

    def configure_model(self) -> None:
        """Load the weights; once, however often Lightning calls it."""
        if "policy" in self._modules:
            return
        self.renderer = load_renderer(self.base_model, self.prompt, self.trust_remote_code)
        base = load_base(self.base_model, self.dtype_of_base, self.quantization, self.trust_remote_code)
        self.base_hash = hash_sample(dict(base.named_parameters()))
        add_token_rows(base, self.renderer.tokenizer, self.renderer.new_tokens)
        if self.gradient_checkpointing:
            base.gradient_checkpointing_enable({"use_reentrant": False})
            base.enable_input_require_grads()
        self.policy = add_lora(base, self.lora, sorted(self.renderer.new_tokens))
        if self.init_adapter is not None:
            checkpoint = read_checkpoint(self.init_adapter, "model.init_adapter")
            self._check_checkpoint(checkpoint)
            self.load_state_dict(checkpoint["state_dict"], strict=False)
        leave_frozen_to_ranks(self)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        if self.trainer.max_steps == -1 and self.trainer.max_epochs in (None, -1):
            raise UserError("training has no end: set trainer.max_epochs or trainer.max_steps")
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer, schedule = self.make_steps(parameters, self.count_steps())
        self.optimizer_settings = read_settings(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def count_steps(self) -> int:
        """Count the optimizer steps of the whole run."""
        return int(self.trainer.estimated_stepping_batches)

    def make_steps(self, parameters: list[nn.Parameter], steps: int) -> tuple[Optimizer, LRScheduler]:
        """Make the optimizer and its schedule over some steps."""
        has_scaler = getattr(self.trainer.precision_plugin, "scaler", None) is not None
        optimizer = make_optimizer(self.optimizer, parameters, has_scaler)
        warmup_steps = count_warmup_steps(self.warmup_ratio, steps)
        return optimizer, bind_schedule(self.schedule, self.schedule_arguments, optimizer, steps, warmup_steps)

    def on_fit_start(self) -> None:
        """transformers loads in eval mode and Lightning leaves it so: LoRA's dropout would be off in silence."""
        self.policy.train()
        self.print(describe_parameters(self.policy))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what trains, its scale, and how prompts were written; plain values only."""
        checkpoint["state_dict"] = trained_state(self)
        checkpoint["lora_alpha"] = self.lora.alpha
        checkpoint["prompt_fingerprint"] = self.renderer.fingerprint

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another model or another way of writing prompts."""
        self.configure_model()
        self.trained_steps = checkpoint["global_step"]
        self._check_checkpoint(checkpoint)

    def _check_checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        check_trained_state(self, checkpoint["state_dict"])
        refuse_broken_checkpoint(checkpoint)
        alpha = checkpoint.get("lora_alpha", self.lora.alpha)  # older checkpoints have none
        if alpha != self.lora.alpha:
            raise UserError(
                f"the checkpoint was trained with lora.alpha={alpha}, which scales its weights, and not with "
                f"{self.lora.alpha}: set model.init_args.lora.alpha to {alpha}"
            )
        if checkpoint.get("prompt_fingerprint") != self.renderer.fingerprint:
            raise UserError(
                "the checkpoint was trained with prompts written another way (tokenizer, chat template or the prompt "
                "group of the config): use the config.yaml of its run folder"
            )

    def save_peft_folder(self, folder: Path) -> None:
        """Write the adapter as plain PEFT does, with its tokenizer and the settings that its answers depend on."""
        # The trained token rows are part of the adapter; "auto" would store both whole embeddings beside them.
        self.policy.save_pretrained(str(folder), save_embedding_layers=False, selected_adapters=[POLICY_ADAPTER])
        save_tokenizer(self.renderer.tokenizer, folder)
        settings = {
            "base_model": self.base_model,
            "prompt": asdict(self.prompt),
            "generation": asdict(self.generation),
            "dtype": self.dtype_of_base,
            "quantization": self.quantization,
        }
        (folder / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")

    def make_engine(self) -> Engine:
        """Make the engine that answers with the weights as they are now.

        Raises:
            UserError: its class cannot be made, or not with these settings.
        """
        try:
            return self.engine_factory(self.policy, self.renderer)
        except (ValueError, TypeError, RuntimeError) as error:
            raise UserError(f"model.engine: {error}: change its class_path or init_args") from error

    def answer(self, questions: Sequence[Example], batch_size: int = 20) -> list[Answered]:
        """Answer questions with the weights as they are now, and score the answers where the right one is known.

        It needs no trainer: the weights are loaded where they are not yet.

        Args:
            questions: with their available tools.
            batch_size: questions answered at a time.

        Raises:
            UserError: the model cannot be loaded, or the chat template refuses a question's turns.
        """
        self.configure_model()
        batches = (questions[start : start + batch_size] for start in range(0, len(questions), batch_size))
        with in_eval_mode(self.policy):
            answerer = EngineAnswerer(self.make_engine(), self.renderer, self.generation)
            return [each for batch in batches for each in answer_examples(answerer, batch)]

    def on_test_start(self) -> None:
        self.answerer = EngineAnswerer(self.make_engine(), self.renderer, self.generation, logprobs=True)
        folder = Path(self.trainer.default_root_dir)
        notice = begin_results(folder, self._origin_of_results(), self.global_rank)
        if notice:
            self.print(notice)
        self.trainer.strategy.barrier()  # a rank that looks into the folder must not find another's first answers
        self.results = ResultFiles(folder, self.global_rank)

    on_predict_start = on_test_start

    def _origin_of_results(self) -> ResultOrigin:
        """Describe what the answers to come depend on."""
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        state, folder = trained_state(self), Path(self.base_model)
        assert self.trainer.state.fn is not None
        checkpoint = self.trainer.ckpt_path or self.init_adapter
        held = {"dtype": self.dtype_of_base, "quantization": self.quantization}
        return ResultOrigin(
            command=self.trainer.state.fn.value,
            base_model=str(folder.resolve()) if folder.is_dir() else self.base_model,
            weights="none" if is_untrained(state) else hash_weights(state)[:16],
            questions=hash_questions(data.questions if hasattr(data, "questions") else ()),
            checkpoint=None if checkpoint is None else str(checkpoint),
            prompts=self.renderer.fingerprint[:16],
            decoding=join_settings({**asdict(self.generation), **held}),
            engine=self.answerer.identity,
        )

    def test_step(self, batch: list[Example], batch_idx: int) -> None:  # noqa: ARG002 (Lightning's signature)
        left = [question for question in batch if question.id not in self.results.done]
        if left:
            ask_batch(self.answerer, left, self.results)

    predict_step = test_step

    def on_test_epoch_end(self) -> None:
        """Join all ranks' answers and scores: the only point at which ranks meet."""
        self.trainer.strategy.barrier()
        if self.trainer.is_global_zero:
            folder = self.results.folder
            metrics = measure_results(join_results(folder))
            write_metrics(folder, metrics)
            remove_parts(folder)
            for logger in self.loggers:  # not self.log: Lightning would print a second table
                logger.log_metrics(list_rates(metrics["all"]), self.trained_steps)
            categories = metrics["categories"] if len(metrics["categories"]) > 1 else {}
            self.print(describe_metrics({"all": metrics["all"], **categories}))
            if figures := describe_figures(metrics):
                self.print(figures)
            if "confidence" in metrics:
                self.print(describe_confidence(metrics["confidence"]))

    def on_predict_epoch_end(self) -> None:
        self.trainer.strategy.barrier()
        if self.trainer.is_global_zero:
            join_results(self.results.folder)
            remove_parts(self.results.folder)
            self.print(f"answers: {self.results.folder / PREDICTIONS}")


def leave_frozen_to_ranks(module: nn.Module) -> None:
    """Let DDP neither broadcast frozen weights, which each rank has read, nor buffers in each forward.

    A broadcast in each validation forward would hang where ranks have different numbers of batches.
    """
    frozen = [name for name, parameter in module.named_parameters() if not parameter.requires_grad]
    buffers = [name for name, _ in module.named_buffers()]
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(module, frozen + buffers)


def gather_objects(value: Any) -> list[Any]:
    """Collect one value of each rank, on every rank."""
    if not dist.is_initialized():
        return [value]
    gathered: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(gathered, value)
    return gathered

"""The names of spans and attributes, in one place: the conventions for GenAI may still change.

OpenTelemetry semantic conventions for GenAI, status "Development", as of v1.41
(https://opentelemetry.io/docs/specs/semconv/gen-ai/); ``openinference.span.kind`` of OpenInference
(https://github.com/Arize-ai/openinference) tells viewers what kind of step a span is. Whatever
neither has a name for begins with ``critique_loop.``.
"""

from __future__ import annotations

from typing import Final

WORKFLOW: Final = "critique_loop"
SANDBOX_TOOL: Final = "sandbox.run"

OPERATION: Final = "gen_ai.operation.name"
INVOKE_WORKFLOW: Final = "invoke_workflow"
INVOKE_AGENT: Final = "invoke_agent"
EXECUTE_TOOL: Final = "execute_tool"
CHAT: Final = "chat"

WORKFLOW_NAME: Final = "gen_ai.workflow.name"
CONVERSATION: Final = "gen_ai.conversation.id"
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
PROVIDER: Final = "gen_ai.provider.name"
PROTOCOL: Final = "openai"
"""The protocol that is spoken, whoever speaks it: the trace does not know more."""
REQUEST_MODEL: Final = "gen_ai.request.model"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
ERROR_TYPE: Final = "error.type"

EVALUATION: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

KIND: Final = "openinference.span.kind"
CHAIN: Final = "CHAIN"
AGENT: Final = "AGENT"
TOOL: Final = "TOOL"
LLM: Final = "LLM"
INPUT: Final = "input.value"
OUTPUT: Final = "output.value"

OWN: Final = "critique_loop."

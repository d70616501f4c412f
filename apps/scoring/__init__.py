"""The scoring method in plain Python: frozen values in, frozen values out; no clock, file or request."""

from apps.scoring.answers import Answer, AnswerError, Record, State, check_answer
from apps.scoring.attribution import (
    Contribution,
    contributions,
    contributions_of,
    largest_remainder,
    shares,
    shares_of,
    topic_shares,
    worth_checking,
    worth_checking_of,
)
from apps.scoring.branches import Branch, branches_in_scope
from apps.scoring.compare import Change, Ends, compare
from apps.scoring.model import NONE, UNSURE, Action, Kind, Option, Question, Questionnaire, Topic
from apps.scoring.plan import Plan, Step, after_ticks, gain, plan
from apps.scoring.routes import (
    PathLength,
    example_reaching_action,
    example_reaching_option,
    example_reaching_question,
    path_lengths,
)
from apps.scoring.routing import applies, on_screen, scope_of, unanswered
from apps.scoring.score import (
    Band,
    Range,
    Score,
    band_of,
    does_not_apply,
    middle_value,
    most_open_topic,
    near_edge,
    score,
    score_of,
    shown_interval,
    shown_score,
)
from apps.scoring.validate import Problem, problems

METHOD_VERSION = 1
"""The version of the rules in this package; an edition names the one it was made for."""

__all__ = [
    "METHOD_VERSION",
    "NONE",
    "UNSURE",
    "Action",
    "Answer",
    "AnswerError",
    "Band",
    "Branch",
    "Change",
    "Contribution",
    "Ends",
    "Kind",
    "Option",
    "PathLength",
    "Plan",
    "Problem",
    "Question",
    "Questionnaire",
    "Range",
    "Record",
    "Score",
    "State",
    "Step",
    "Topic",
    "after_ticks",
    "applies",
    "band_of",
    "branches_in_scope",
    "check_answer",
    "compare",
    "contributions",
    "contributions_of",
    "does_not_apply",
    "example_reaching_action",
    "example_reaching_option",
    "example_reaching_question",
    "gain",
    "largest_remainder",
    "middle_value",
    "most_open_topic",
    "near_edge",
    "on_screen",
    "path_lengths",
    "plan",
    "problems",
    "scope_of",
    "score",
    "score_of",
    "shares",
    "shares_of",
    "shown_interval",
    "shown_score",
    "topic_shares",
    "unanswered",
    "worth_checking",
    "worth_checking_of",
]

"""The linear branch: a model of n-grams beside the network, whose outputs are added to the network's."""

from recurra.linear_branch.branch import LinearBranch
from recurra.linear_branch.fuse import FusionWeights, fuse
from recurra.linear_branch.language_models import class_language_models
from recurra.linear_branch.learn import learn_branch
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.open_documents import OpenDocuments, OpenVocabulary
from recurra.linear_branch.rows import BranchRows, BranchRowsWriter
from recurra.linear_branch.select import select
from recurra.linear_branch.settings import BranchSettings
from recurra.linear_branch.subwords import Subwords

__all__ = [
    "BranchRows",
    "BranchRowsWriter",
    "BranchSettings",
    "FusionWeights",
    "LinearBranch",
    "Ngrams",
    "OpenDocuments",
    "OpenVocabulary",
    "Subwords",
    "class_language_models",
    "fuse",
    "learn_branch",
    "select",
]

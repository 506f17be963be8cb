"""The variant file: what makes a brand's drive unit, as data. Every number carries its unit and its source.

A file may ``extends`` another: tables are merged key by key, a quantity is replaced whole. Only the merged result is
checked against this model, so a base may leave open what its variants must say.
"""

from schemas.variant.file import VariantFile as VariantFile
from schemas.variant.quantities import Quantity as Quantity

"""The names of the columns that every format reader adds to those of the file.

`$row`, `$element` and `$file` may be used as columns in the project file; columns of these names in
a file cannot be read. The other names are plait's own, and no file has them.
"""

from __future__ import annotations

ROW = "$row"  # the row in the file, the first data row is 1
ELEMENT = "$element"  # the element of the row's list, the first is 1; null if no list is opened
FILE = "$file"  # the file, as messages name it
FAULT = "$plait:fault"  # the code of a fault of the whole row, else null
WHOLE = "$plait:whole"  # whether every value is certainly in its own column
LINE = "$plait:line"  # the text of a row with a fault, if it is known
EACH = "each"  # the column of the opened element

ALWAYS_PRESENT = (ROW, FILE, ELEMENT)

# Columns of the frames that are handed on, next to the fields.
ROW_COLUMN = "row"
ELEMENT_COLUMN = "element"
FAULT_COLUMN = "fault"
WHOLE_COLUMN = "whole"
LINE_COLUMN = "line"

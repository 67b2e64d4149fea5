"""Limits on the text and items in one Gong body. Gong documents none; these are ours."""

EVENT_ID_MAX = 255
TITLE_MAX = 255
TEXT_MAX = 1_000
URL_MAX = 2_048
MESSAGE_MAX = 10_000

LABELS_MAX = 20
CUSTOM_FIELDS_MAX = 50
ITEMS_MAX = 100

BODY_BYTES_MAX = 64 * 1024

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1

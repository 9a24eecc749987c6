-- A provider's silence has become a deadline like any other: the sweep looks at whatever may wait for an answer, once, and says when.

UPDATE life SET due_us = 0 WHERE notice IN (-1, 4);

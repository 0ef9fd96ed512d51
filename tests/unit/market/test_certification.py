"""What is certified together, and how a very long text is certified."""

import hashlib
import json

from platone.market.domain.certification import MOST_RECORDS, certified_text, first_batch

MEGABYTE = 1_000_000


def test_records_go_together_as_far_as_one_message_holds_them() -> None:
    assert first_batch([]) == 0
    assert first_batch([10, 20, 30]) == 3
    assert first_batch([4 * MEGABYTE] * 5) == 4
    assert first_batch([8 * MEGABYTE, 8 * MEGABYTE, 1]) == 2
    assert first_batch([1] * (MOST_RECORDS + 1)) == MOST_RECORDS


def test_one_record_is_sent_however_long() -> None:
    assert first_batch([40 * MEGABYTE, 1]) == 1


def test_a_very_long_text_is_certified_by_its_hash() -> None:
    short, long = b'["aaaaaaaaaa"]', b'["%s"]' % (b"a" * 4 * MEGABYTE)
    assert certified_text("one", short) == '["aaaaaaaaaa"]'
    digest = hashlib.sha256(long).hexdigest()
    assert json.loads(certified_text("two", long)) == {"id": "two", "sha256": digest}

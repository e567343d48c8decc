"""The lake: what each source holds, landed as Parquet files, once.

    <lake>/<source>/<table>/month=YYYY-MM/<load id>-<n>.parquet   the rows; without a month where rows have no time
    <lake>/_loads/<source>/<table>.jsonl                          which loads count, one a line (place.Load)
    <lake>/_rejected/<source>/<table>/<load id>.jsonl             rows that were set aside: file, line, reason, row
    <lake>/_erased/<source>.jsonl                                 who was taken out, as digests

A file counts when the `_load_id` of its rows stands in _loads. That list is written last, in one piece: a run that was
killed leaves nothing that counts, and a file that was replaced stops to count at the moment when its successor does.
"""

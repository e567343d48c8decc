{{ sales_by("week_start", before=("day", 7), year_before=("day", 364)) }}

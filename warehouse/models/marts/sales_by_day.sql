{{ sales_by("date_day", before=("day", 7), year_before=("day", 364)) }}

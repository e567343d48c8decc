{{ sales_by("month_start", before=("month", 1), year_before=("month", 12)) }}

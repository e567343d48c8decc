"""States with their counties and inhabitants; businesses with their categories and a rating a day.

All texts are TEXT: dbt would widen a column that has a length.
"""

from django.db import models


class State(models.Model):
    state_id = models.TextField(primary_key=True, help_text="Two letters, such as CA")
    fips = models.TextField(unique=True)
    name = models.TextField(unique=True)
    region = models.TextField()
    division = models.TextField(null=True)
    capital = models.TextField(null=True)

    class Meta:
        db_table = '"market"."states"'
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class County(models.Model):
    county_id = models.TextField(primary_key=True, help_text="Five digits: the state's FIPS code and the county's")
    state = models.ForeignKey(State, models.PROTECT, related_name="counties")
    name = models.TextField()

    class Meta:
        db_table = '"market"."counties"'
        ordering = ("county_id",)
        verbose_name_plural = "counties"

    def __str__(self) -> str:
        return self.name


class Population(models.Model):
    population_id = models.TextField(primary_key=True, help_text="The FIPS code of the area, and the year")
    state = models.ForeignKey(State, models.PROTECT, related_name="populations")
    county = models.ForeignKey(County, models.PROTECT, null=True, related_name="populations")
    year = models.IntegerField()
    population = models.BigIntegerField()

    class Meta:
        db_table = '"market"."populations"'
        ordering = ("population_id",)
        constraints = (models.CheckConstraint(name="populations_not_negative", condition=models.Q(population__gte=0)),)

    def __str__(self) -> str:
        return self.population_id


class Category(models.Model):
    category_id = models.TextField(primary_key=True)
    title = models.TextField()

    class Meta:
        db_table = '"market"."categories"'
        ordering = ("title",)
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.title


class Business(models.Model):
    business_id = models.TextField(primary_key=True)
    name = models.TextField()
    state = models.ForeignKey(
        State, models.PROTECT, null=True, related_name="businesses", help_text="None where it is none that is known"
    )
    city = models.TextField(null=True)
    zip_code = models.TextField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    price = models.TextField(null=True)
    phone = models.TextField(null=True)
    is_closed = models.BooleanField()
    last_seen_on = models.DateField()
    categories = models.ManyToManyField(Category, through="BusinessCategory", related_name="businesses")

    class Meta:
        db_table = '"market"."businesses"'
        ordering = ("name", "business_id")
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name


class BusinessCategory(models.Model):
    pk = models.CompositePrimaryKey("business_id", "category_id")
    business = models.ForeignKey(Business, models.CASCADE)
    category = models.ForeignKey(Category, models.PROTECT)

    class Meta:
        db_table = '"market"."business_categories"'


class Rating(models.Model):
    pk = models.CompositePrimaryKey("business_id", "day")
    business = models.ForeignKey(Business, models.CASCADE, related_name="ratings")
    day = models.DateField()
    rating = models.DecimalField(max_digits=3, decimal_places=2)
    reviews = models.IntegerField()

    class Meta:
        db_table = '"market"."ratings"'
        constraints = (
            models.CheckConstraint(name="ratings_are_0_to_5", condition=models.Q(rating__gte=0, rating__lte=5)),
            models.CheckConstraint(name="reviews_not_negative", condition=models.Q(reviews__gte=0)),
        )


class Landing(models.Model):
    """What was fetched on which day; vitrine.market writes it, as it does RejectedRow."""

    landing_id = models.TextField(primary_key=True)
    source = models.TextField()
    part = models.TextField()
    day = models.DateField()
    landed_at = models.DateTimeField()

    class Meta:
        db_table = '"market"."landings"'
        ordering = ("-landed_at", "landing_id")

    def __str__(self) -> str:
        return self.landing_id


class RejectedRow(models.Model):
    rejected_id = models.TextField(primary_key=True)
    source = models.TextField()
    day = models.DateField()
    reason = models.TextField()
    row = models.TextField()

    class Meta:
        db_table = '"market"."rejected_rows"'
        ordering = ("-day", "source", "rejected_id")

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"

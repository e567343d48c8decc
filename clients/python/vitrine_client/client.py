"""A method for each operation of the API. Made by `make clients`."""

from collections.abc import Sequence
from typing import Literal

from vitrine_client.models import (
    AnalyticsAttributionAnswer,
    AnalyticsBusinessesAnswer,
    AnalyticsCohortsAnswer,
    AnalyticsCustomerAnswer,
    AnalyticsCustomersAnswer,
    AnalyticsExperimentsAnswer,
    AnalyticsFunnelAnswer,
    AnalyticsHouseholdAnswer,
    AnalyticsHouseholdsAnswer,
    AnalyticsPairsAnswer,
    AnalyticsQualityAnswer,
    AnalyticsQualityMetricsAnswer,
    AnalyticsQualityRunsAnswer,
    AnalyticsRecommendationsAnswer,
    AnalyticsRecommendationsByDayAnswer,
    AnalyticsRecommenderQualityAnswer,
    AnalyticsSalesAnswer,
    AnalyticsSeasonsAnswer,
    AnalyticsSegmentsAnswer,
    AnalyticsSlowMoversAnswer,
    ChangeExperimentAnswer,
    ChangeExperimentBody,
    ChangeRuleAnswer,
    ChangeRuleBody,
    EraseMeAnswer,
    ErasePersonAnswer,
    ErasureReceiptAnswer,
    ExperimentResultsAnswer,
    ExportMeAnswer,
    ExportPersonAnswer,
    GetExperimentAnswer,
    GetProductAnswer,
    GetRuleAnswer,
    HealthAnswer,
    LatestProductsAnswer,
    ListExperimentsAnswer,
    ListKeysAnswer,
    ListRulesAnswer,
    LiveAnswer,
    MakeExperimentAnswer,
    MakeExperimentBody,
    MakeKeyAnswer,
    MakeKeyBody,
    MakeRuleAnswer,
    MakeRuleBody,
    MergeAnswer,
    MergeBody,
    MyErasureReceiptAnswer,
    PatchProductAnswer,
    PatchProductBody,
    PatchProductsAnswer,
    PatchProductsBody,
    PostEventsAnswer,
    PostEventsBody,
    PreviewRuleAnswer,
    PreviewRuleBody,
    PreviewRulesAnswer,
    PutProductAnswer,
    PutProductBody,
    PutProductsAnswer,
    PutProductsBody,
    ReadyAnswer,
    RecommendationsAnswer,
    RemoveProductsAnswer,
    ReplaceRuleAnswer,
    ReplaceRuleBody,
    RotateKeyAnswer,
    RotateKeyBody,
    SegmentCallAnswer,
    SegmentCallBody,
    SimilarProductsAnswer,
    StartExperimentAnswer,
    StartExperimentBody,
    StopExperimentAnswer,
    StopExperimentBody,
    StoredEventAnswer,
    TrendingProductsAnswer,
    UnmergeAnswer,
    UnmergeBody,
    WhoAmIAnswer,
)
from vitrine_client.transport import Transport, joined, quoted


class Client(Transport):
    """The API of one shop. Each method waits for its answer; what is refused is a ProblemError."""

    def analytics_attribution(
        self,
        *,
        if_none_match: str | None = None,
        came_from: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        placement: str | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsAttributionAnswer:
        """What recommendations were followed by, by day, placement, source and model

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsAttributionAnswer = self._ask(
            "GET",
            "/api/v1/analytics/attribution/",
            query={
                "came_from": came_from,
                "cursor": cursor,
                "from": from_,
                "limit": limit,
                "placement": placement,
                "to": to,
            },
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_businesses(
        self,
        *,
        if_none_match: str | None = None,
        category: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        region: str | None = None,
        state: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsBusinessesAnswer:
        """Businesses of a category in a state, by inhabitants

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsBusinessesAnswer = self._ask(
            "GET",
            "/api/v1/analytics/businesses/",
            query={"category": category, "cursor": cursor, "limit": limit, "region": region, "state": state},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_cohorts(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsCohortsAnswer:
        """Of those who bought first in one month, how many buy again, month by month

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsCohortsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/cohorts/",
            query={"cursor": cursor, "from": from_, "limit": limit, "source": source, "to": to},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_customers(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        segment: str | None = None,
        value_class: Literal["high", "middle", "low", "none"] | None = None,
        request_id: str | None = None,
    ) -> AnalyticsCustomersAnswer:
        """Profiles of the shop's customers, who spends most first

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsCustomersAnswer = self._ask(
            "GET",
            "/api/v1/analytics/customers/",
            query={"cursor": cursor, "limit": limit, "segment": segment, "value_class": value_class},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_customer(
        self,
        userid: str,
        *,
        if_none_match: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsCustomerAnswer:
        """The profile of one customer

        Lines with a quantity of nought or less are returns: not in baskets or spend, counted apart.
        """
        answer: AnalyticsCustomerAnswer = self._ask(
            "GET",
            f"/api/v1/analytics/customers/{quoted(userid)}/",
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_experiments(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        experiment: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        metric: Literal["conversion", "revenue", "clicks"] | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsExperimentsAnswer:
        """What was known of each experiment day by day: each metric of each arm beside the control

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsExperimentsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/experiments/",
            query={
                "cursor": cursor,
                "experiment": experiment,
                "from": from_,
                "limit": limit,
                "metric": metric,
                "to": to,
            },
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_funnel(
        self,
        *,
        if_none_match: str | None = None,
        channel: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsFunnelAnswer:
        """From view to order, by day and channel

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsFunnelAnswer = self._ask(
            "GET",
            "/api/v1/analytics/funnel/",
            query={"channel": channel, "cursor": cursor, "from": from_, "limit": limit, "to": to},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_households(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        segment: str | None = None,
        value_class: Literal["high", "middle", "low", "none"] | None = None,
        request_id: str | None = None,
    ) -> AnalyticsHouseholdsAnswer:
        """Profiles of households, who spends most first

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsHouseholdsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/households/",
            query={"cursor": cursor, "limit": limit, "segment": segment, "value_class": value_class},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_household(
        self,
        householdid: str,
        *,
        if_none_match: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsHouseholdAnswer:
        """The profile of one household

        Lines with a quantity of nought or less are returns: not in baskets or spend, counted apart.
        """
        answer: AnalyticsHouseholdAnswer = self._ask(
            "GET",
            f"/api/v1/analytics/households/{quoted(householdid)}/",
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_pairs(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        lift_from: float | None = None,
        limit: int | None = None,
        product: str | None = None,
        source: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsPairsAnswer:
        """Products bought in one basket, those bought together most often first

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsPairsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/pairs/",
            query={"cursor": cursor, "lift_from": lift_from, "limit": limit, "product": product, "source": source},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_quality(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        model: str | None = None,
        status: Literal["pass", "warn", "fail", "error", "skipped"] | None = None,
        request_id: str | None = None,
    ) -> AnalyticsQualityAnswer:
        """What each check found in the latest run

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsQualityAnswer = self._ask(
            "GET",
            "/api/v1/analytics/quality/",
            query={"cursor": cursor, "limit": limit, "model": model, "status": status},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_quality_metrics(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        metric: str | None = None,
        source: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsQualityMetricsAnswer:
        """Figures of each run, newest first: rows of each mart, sales of each source

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsQualityMetricsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/quality/metrics/",
            query={"cursor": cursor, "limit": limit, "metric": metric, "source": source},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_quality_runs(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        request_id: str | None = None,
    ) -> AnalyticsQualityRunsAnswer:
        """Runs of the checks, newest first

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsQualityRunsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/quality/runs/",
            query={"cursor": cursor, "limit": limit},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_recommendations(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        owner: str | None = None,
        owner_kind: Literal["household", "customer"] | None = None,
        request_id: str | None = None,
    ) -> AnalyticsRecommendationsAnswer:
        """Ten products for each household and customer, from their purchases

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsRecommendationsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/recommendations/",
            query={"cursor": cursor, "limit": limit, "owner": owner, "owner_kind": owner_kind},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_recommendations_by_day(
        self,
        *,
        if_none_match: str | None = None,
        came_from: str | None = None,
        cursor: str | None = None,
        endpoint: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsRecommendationsByDayAnswer:
        """What came of the recommendations shown, by day, endpoint and source

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsRecommendationsByDayAnswer = self._ask(
            "GET",
            "/api/v1/analytics/recommendations-by-day/",
            query={
                "came_from": came_from,
                "cursor": cursor,
                "endpoint": endpoint,
                "from": from_,
                "limit": limit,
                "to": to,
            },
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_recommender_quality(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsRecommenderQualityAnswer:
        """How well recommendations meet later purchases, beside best sellers

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsRecommenderQualityAnswer = self._ask(
            "GET",
            "/api/v1/analytics/recommender-quality/",
            query={"cursor": cursor, "limit": limit, "source": source},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_sales(
        self,
        *,
        by: Literal["day", "week", "month", "category"],
        if_none_match: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsSalesAnswer:
        """Sales by day, week, month or category

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last. Returns are counted apart. By category, days from `from` to `to` are summed.
        """
        answer: AnalyticsSalesAnswer = self._ask(
            "GET",
            "/api/v1/analytics/sales/",
            query={"by": by, "cursor": cursor, "from": from_, "limit": limit, "source": source, "to": to},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_seasons(
        self,
        *,
        if_none_match: str | None = None,
        category: str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        to: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsSeasonsAnswer:
        """Sales of each category by month, against its own year

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsSeasonsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/seasons/",
            query={"category": category, "cursor": cursor, "from": from_, "limit": limit, "source": source, "to": to},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_segments(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        request_id: str | None = None,
    ) -> AnalyticsSegmentsAnswer:
        """Who the customers are, by segment and value class

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsSegmentsAnswer = self._ask(
            "GET",
            "/api/v1/analytics/segments/",
            query={"cursor": cursor, "limit": limit, "source": source},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def analytics_slow_movers(
        self,
        *,
        if_none_match: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        source: str | None = None,
        status: Literal["slow", "never sold", "sold out"] | None = None,
        request_id: str | None = None,
    ) -> AnalyticsSlowMoversAnswer:
        """Products that sell slowly, are sold out or were never sold

        Rows as of the last publish of the warehouse, whose id is the ETag: with If-None-Match the answer is 304
        until the next one, which shows after a second at the latest. `next` is the cursor of the following page,
        null on the last.
        """
        answer: AnalyticsSlowMoversAnswer = self._ask(
            "GET",
            "/api/v1/analytics/slow-movers/",
            query={"cursor": cursor, "limit": limit, "source": source, "status": status},
            header={"If-None-Match": if_none_match, "X-Request-ID": request_id},
        ).json()
        return answer

    def put_products(
        self,
        body: PutProductsBody,
        *,
        request_id: str | None = None,
    ) -> PutProductsAnswer:
        """Put products into the catalogue

        As of one product. Each process of the API shows it within a second. The shop's Postgres stays a source of
        products: `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one. Each is judged for itself:
        those that are refused keep no other from being taken.
        """
        answer: PutProductsAnswer = self._ask(
            "PUT",
            "/api/v1/catalogue/products/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def patch_products(
        self,
        body: PatchProductsBody,
        *,
        request_id: str | None = None,
    ) -> PatchProductsAnswer:
        """Change products of the catalogue

        As of one product: stock and prices of a thousand products, say. Each process of the API shows it within a
        second. The shop's Postgres stays a source of products: `VITRINE_CATALOGUE_WINNER` says whose word counts
        where both have one. Each is judged for itself: those that are refused keep no other from being taken.
        """
        answer: PatchProductsAnswer = self._ask(
            "PATCH",
            "/api/v1/catalogue/products/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def remove_products(
        self,
        *,
        request_id: str | None = None,
    ) -> RemoveProductsAnswer:
        """Take products out of the catalogue

        By their ids. Each process of the API shows it within a second. The shop's Postgres stays a source of
        products: `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one. Each is judged for itself:
        those that are refused keep no other from being taken.
        """
        answer: RemoveProductsAnswer = self._ask(
            "DELETE",
            "/api/v1/catalogue/products/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def get_product(
        self,
        productid: str,
        *,
        request_id: str | None = None,
    ) -> GetProductAnswer:
        """A product of the catalogue

        What API, feeds and the shop's Postgres say of it, together.
        """
        answer: GetProductAnswer = self._ask(
            "GET",
            f"/api/v1/catalogue/products/{quoted(productid)}/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def put_product(
        self,
        productid: str,
        body: PutProductBody,
        *,
        request_id: str | None = None,
    ) -> PutProductAnswer:
        """Put a product into the catalogue

        All that is said of it: a field that is left out is empty, `created_at` alone stays as it was. Each process
        of the API shows it within a second. The shop's Postgres stays a source of products:
        `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one.
        """
        answer: PutProductAnswer = self._ask(
            "PUT",
            f"/api/v1/catalogue/products/{quoted(productid)}/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def patch_product(
        self,
        productid: str,
        body: PatchProductBody,
        *,
        request_id: str | None = None,
    ) -> PatchProductAnswer:
        """Change a product of the catalogue

        The fields that are named are so now, null empties one, the others stay; also of a product that the shop's
        Postgres names, such as its stock. Each process of the API shows it within a second. The shop's Postgres
        stays a source of products: `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one.
        """
        answer: PatchProductAnswer = self._ask(
            "PATCH",
            f"/api/v1/catalogue/products/{quoted(productid)}/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def remove_product(
        self,
        productid: str,
        *,
        request_id: str | None = None,
    ) -> None:
        """Take a product out of the catalogue

        It is shown no more. Each process of the API shows it within a second. The shop's Postgres stays a source of
        products: `VITRINE_CATALOGUE_WINNER` says whose word counts where both have one.
        """
        self._ask(
            "DELETE",
            f"/api/v1/catalogue/products/{quoted(productid)}/",
            header={"X-Request-ID": request_id},
        )

    def post_events(
        self,
        body: PostEventsBody,
        *,
        positions: bool | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> PostEventsAnswer:
        """Report product views, carts, orders, what was shown and clicked, searches

        An event that is no ProductView says in `event` which it is; a list may mix them. All carts and orders of a
        request hold 2000 products at most. Answers when Kafka has acknowledged them all. If one is invalid, none is
        sent. A view without a timestamp counts as made now. Of several of one shopper in a request, the last is
        made now and each before it a millisecond earlier: they keep the order in which they are given. A view with
        a timestamp can be sent again, after a 503 for example: the same user, message id and timestamp are one
        view, however often they come. Without a timestamp each sending is a view of its own. The same holds of the
        other events. Of the views of one product by one person, and from one address with a browser's key, only
        some an hour count for what others are recommended, and so of what is put into carts and ordered; all are
        stored.
        """
        answer: PostEventsAnswer = self._ask(
            "POST",
            "/api/v1/events/",
            query={"positions": positions},
            header={"X-Request-ID": request_id, "user-token": user_token},
            body=body,
        ).json()
        return answer

    def stored_event(
        self,
        messageid: str,
        *,
        user_id: str,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> StoredEventAnswer:
        """Where an event is in Cassandra

        An accepted event is in Kafka; a moment later it is in Cassandra, and this answers. It is looked for among
        the newest 100 views of the shopper, and as many of their other events, under the id that the event was sent
        with.
        """
        answer: StoredEventAnswer = self._ask(
            "GET",
            f"/api/v1/events/{quoted(messageid)}/",
            header={"user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def list_experiments(
        self,
        *,
        request_id: str | None = None,
    ) -> ListExperimentsAnswer:
        """The experiments

        The newest first.
        """
        answer: ListExperimentsAnswer = self._ask(
            "GET",
            "/api/v1/experiments/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def make_experiment(
        self,
        body: MakeExperimentBody,
        *,
        request_id: str | None = None,
    ) -> MakeExperimentAnswer:
        """A new experiment

        A draft, in which nobody takes part until it is started.
        """
        answer: MakeExperimentAnswer = self._ask(
            "POST",
            "/api/v1/experiments/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def get_experiment(
        self,
        experimentid: int,
        *,
        request_id: str | None = None,
    ) -> GetExperimentAnswer:
        """An experiment

        With its arms, and whether it is a draft, runs or was stopped.
        """
        answer: GetExperimentAnswer = self._ask(
            "GET",
            f"/api/v1/experiments/{quoted(experimentid)}/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def change_experiment(
        self,
        experimentid: int,
        body: ChangeExperimentBody,
        *,
        request_id: str | None = None,
    ) -> ChangeExperimentAnswer:
        """Something of a draft

        What the body does not name stays as it is; arms that it names replace all that there were.
        """
        answer: ChangeExperimentAnswer = self._ask(
            "PATCH",
            f"/api/v1/experiments/{quoted(experimentid)}/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def delete_experiment(
        self,
        experimentid: int,
        *,
        request_id: str | None = None,
    ) -> None:
        """The end of a draft

        What was started stays: people are remembered by its name.
        """
        self._ask(
            "DELETE",
            f"/api/v1/experiments/{quoted(experimentid)}/",
            header={"X-Request-ID": request_id},
        )

    def experiment_results(
        self,
        experimentid: int,
        *,
        request_id: str | None = None,
    ) -> ExperimentResultsAnswer:
        """What is known of an experiment

        As of the last publish of the marts. Intervals hold however often somebody looks: all of them, at all times,
        with a probability of 95 % or more for each metric.
        """
        answer: ExperimentResultsAnswer = self._ask(
            "GET",
            f"/api/v1/experiments/{quoted(experimentid)}/results/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def start_experiment(
        self,
        experimentid: int,
        body: StartExperimentBody,
        *,
        request_id: str | None = None,
    ) -> StartExperimentAnswer:
        """People take part from now on

        Within a second, in every answer that it fits and that no earlier one takes: an answer takes part in one at
        most. Who is in which arm is a matter of their id alone, or of where they took part first; the arms cannot
        be changed any more.
        """
        answer: StartExperimentAnswer = self._ask(
            "POST",
            f"/api/v1/experiments/{quoted(experimentid)}/start/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def stop_experiment(
        self,
        experimentid: int,
        body: StopExperimentBody,
        *,
        request_id: str | None = None,
    ) -> StopExperimentAnswer:
        """Nobody takes part any more

        Within a second, for good. Its results go on growing for the days in which an outcome counts.
        """
        answer: StopExperimentAnswer = self._ask(
            "POST",
            f"/api/v1/experiments/{quoted(experimentid)}/stop/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def health(
        self,
        *,
        request_id: str | None = None,
    ) -> HealthAnswer:
        """Both in one, how old the model is, and whether the cache of the data API answers

        What is answered to everybody, whatever key they send.
        """
        answer: HealthAnswer = self._ask(
            "GET",
            "/api/v1/health/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def live(
        self,
        *,
        request_id: str | None = None,
    ) -> LiveAnswer:
        """Does this process run?

        Asks no other server.
        """
        answer: LiveAnswer = self._ask(
            "GET",
            "/api/v1/health/live/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def ready(
        self,
        *,
        request_id: str | None = None,
    ) -> ReadyAnswer:
        """Do the servers behind it answer?

        Without Kafka it is degraded, and still ready: reads work, reported views get a 503.
        """
        answer: ReadyAnswer = self._ask(
            "GET",
            "/api/v1/health/ready/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def list_keys(
        self,
        *,
        request_id: str | None = None,
    ) -> ListKeysAnswer:
        """The keys that are valid

        By name, 1,000 at most; none with what would open anything.
        """
        answer: ListKeysAnswer = self._ask(
            "GET",
            "/api/v1/keys/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def make_key(
        self,
        body: MakeKeyBody,
        *,
        request_id: str | None = None,
    ) -> MakeKeyAnswer:
        """A new key

        It may do what the key that asks may do, and no more. A browser's key has no other scopes than
        history:delete, history:read, recommendations:read, views:write. It counts everywhere within a second.
        """
        answer: MakeKeyAnswer = self._ask(
            "POST",
            "/api/v1/keys/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def revoke_key(
        self,
        keyid: int,
        *,
        request_id: str | None = None,
    ) -> None:
        """The end of a key

        Refused everywhere within a second, for good.
        """
        self._ask(
            "DELETE",
            f"/api/v1/keys/{quoted(keyid)}/",
            header={"X-Request-ID": request_id},
        )

    def rotate_key(
        self,
        keyid: int,
        body: RotateKeyBody,
        *,
        request_id: str | None = None,
    ) -> RotateKeyAnswer:
        """A new key in the place of another

        It may do the same; both are valid for as long as is asked for, seven days unless another time is.
        """
        answer: RotateKeyAnswer = self._ask(
            "POST",
            f"/api/v1/keys/{quoted(keyid)}/rotate/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def who_am_i(
        self,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> WhoAmIAnswer:
        """Whom the user token names

        The person as whom the other operations of `me/` act.
        """
        answer: WhoAmIAnswer = self._ask(
            "GET",
            "/api/v1/me/",
            header={"X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def erase_me(
        self,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> EraseMeAnswer:
        """Erase whoever asks

        Accepted once Kafka has acknowledged it: from then on nothing that was done up to now counts, whatever is
        replayed, restored or built anew. Gone when this answers: views, deletions, events, carts, orders,
        identities, exposures. The rest goes within the hour; messages in Kafka stay until their topics' retention,
        and nobody uses them. The answer is the receipt as of now. Asking again makes a new erasure. What the person
        does afterwards counts.
        """
        answer: EraseMeAnswer = self._ask(
            "DELETE",
            "/api/v1/me/",
            header={"X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def my_erasure_receipt(
        self,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> MyErasureReceiptAnswer:
        """The receipt of one's own last erasure

        As things stand: parts that were pending in an earlier one may be done in this one. Of several erasures, the
        last.
        """
        answer: MyErasureReceiptAnswer = self._ask(
            "GET",
            "/api/v1/me/erasure/",
            header={"X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def export_me(
        self,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> ExportMeAnswer:
        """All that there is of whoever asks

        One JSON document, streamed. What was shown is given as far as Kafka keeps it and it is found within ten
        seconds for each id of the person. What cannot be read is named in `missing`.
        """
        answer: ExportMeAnswer = self._ask(
            "GET",
            "/api/v1/me/export/",
            header={"X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def metrics(
        self,
        *,
        request_id: str | None = None,
    ) -> str:
        """What Prometheus reads

        Counts of all processes of this server since it began, in Prometheus' text format: docs/metrics.md.
        """
        return self._ask(
            "GET",
            "/api/v1/metrics/",
            header={"X-Request-ID": request_id},
        ).text

    def erase_person(
        self,
        personid: str,
        *,
        request_id: str | None = None,
    ) -> ErasePersonAnswer:
        """Erase a person

        Accepted once Kafka has acknowledged it: from then on nothing that was done up to now counts, whatever is
        replayed, restored or built anew. Gone when this answers: views, deletions, events, carts, orders,
        identities, exposures. The rest goes within the hour; messages in Kafka stay until their topics' retention,
        and nobody uses them. The answer is the receipt as of now. Asking again makes a new erasure. What the person
        does afterwards counts.
        """
        answer: ErasePersonAnswer = self._ask(
            "DELETE",
            f"/api/v1/people/{quoted(personid)}/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def erasure_receipt(
        self,
        personid: str,
        *,
        request_id: str | None = None,
    ) -> ErasureReceiptAnswer:
        """The receipt of a person's last erasure

        As things stand: parts that were pending in an earlier one may be done in this one. Of several erasures, the
        last.
        """
        answer: ErasureReceiptAnswer = self._ask(
            "GET",
            f"/api/v1/people/{quoted(personid)}/erasure/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def export_person(
        self,
        personid: str,
        *,
        request_id: str | None = None,
    ) -> ExportPersonAnswer:
        """All that there is of a person

        One JSON document, streamed. What was shown is given as far as Kafka keeps it and it is found within ten
        seconds for each id of the person. What cannot be read is named in `missing`.
        """
        answer: ExportPersonAnswer = self._ask(
            "GET",
            f"/api/v1/people/{quoted(personid)}/export/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def revoke_tokens(
        self,
        person: str,
        *,
        request_id: str | None = None,
    ) -> None:
        """The end of a person's user tokens

        Those that were signed up to now are refused everywhere within a second; later ones count.
        """
        self._ask(
            "DELETE",
            f"/api/v1/people/{quoted(person)}/tokens/",
            header={"X-Request-ID": request_id},
        )

    def merge(
        self,
        body: MergeBody,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> MergeAnswer:
        """A visitor is a customer

        What the visitor viewed and has in the cart is the customer's from the next answer on: what was done before
        now, back to the moment at which another customer was identified as this visitor, and after now, until
        another one is. A browser's key needs the customer's user token. Asking again changes nothing. Erasure and
        export of the customer are those of the visitor too.
        """
        answer: MergeAnswer = self._ask(
            "POST",
            "/api/v1/people/merge/",
            header={"X-Request-ID": request_id, "user-token": user_token},
            body=body,
        ).json()
        return answer

    def unmerge(
        self,
        body: UnmergeBody,
        *,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> UnmergeAnswer:
        """A visitor is not this customer

        As if they had never been merged: each has what they viewed and put into the cart. Asking again changes
        nothing.
        """
        answer: UnmergeAnswer = self._ask(
            "POST",
            "/api/v1/people/unmerge/",
            header={"X-Request-ID": request_id, "user-token": user_token},
            body=body,
        ).json()
        return answer

    def similar_products(
        self,
        productid: str,
        *,
        category: str | None = None,
        details: bool | None = None,
        exclude: Sequence[str] | None = None,
        explain: bool | None = None,
        in_stock: bool | None = None,
        limit: int | None = None,
        max_per_category: int | None = None,
        placement: str | None = None,
        price_from: float | None = None,
        price_to: float | None = None,
        user_id: str | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> SimilarProductsAnswer:
        """What goes with a product

        What is viewed together with it, then what else its category has: best sellers, then the newest. Never the
        product itself. Filters hold while products are gathered: a narrow one leaves as many as asked for, as long
        as the catalogue has them, and an empty list where it has none. Before the shop has a catalogue, products
        come from views alone. The shop's rules (`rules/`) may pin, move or leave out products; `explain` says which
        rule did.
        """
        answer: SimilarProductsAnswer = self._ask(
            "GET",
            f"/api/v1/products/{quoted(productid)}/similar/",
            query={
                "category": category,
                "details": details,
                "exclude": joined(exclude),
                "explain": explain,
                "in_stock": in_stock,
                "limit": limit,
                "max_per_category": max_per_category,
                "placement": placement,
                "price_from": price_from,
                "price_to": price_to,
            },
            header={"user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def trending_products(
        self,
        *,
        category: str | None = None,
        details: bool | None = None,
        exclude: Sequence[str] | None = None,
        explain: bool | None = None,
        in_stock: bool | None = None,
        limit: int | None = None,
        max_per_category: int | None = None,
        period: Literal["hour", "day", "week"] | None = None,
        placement: str | None = None,
        price_from: float | None = None,
        price_to: float | None = None,
        user_id: str | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> TrendingProductsAnswer:
        """What rises now

        What is viewed more than its own past lets expect, not what is viewed most; filled with best sellers, then
        with the newest products. Filters hold while products are gathered: a narrow one leaves as many as asked
        for, as long as the catalogue has them, and an empty list where it has none. Before the shop has a
        catalogue, products come from views alone. The shop's rules (`rules/`) may pin, move or leave out products;
        `explain` says which rule did.
        """
        answer: TrendingProductsAnswer = self._ask(
            "GET",
            "/api/v1/products/trending/",
            query={
                "category": category,
                "details": details,
                "exclude": joined(exclude),
                "explain": explain,
                "in_stock": in_stock,
                "limit": limit,
                "max_per_category": max_per_category,
                "period": period,
                "placement": placement,
                "price_from": price_from,
                "price_to": price_to,
            },
            header={"user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def list_rules(
        self,
        *,
        request_id: str | None = None,
    ) -> ListRulesAnswer:
        """The rules

        Those of the highest priority first, then the oldest; 500 at most. Hide beats all others. Then require: what
        is not of each rule that requires is not shown. Of pins, the one of the highest priority chooses its place
        first; a pin is shown although no source gave its product, but never against the filters of a request. All
        boosts and buries count together: what is at place p is sorted as if it were at p x (strengths that bury) /
        (strengths that boost), among 3 times as many as are wanted, 30 at least.
        """
        answer: ListRulesAnswer = self._ask(
            "GET",
            "/api/v1/rules/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def make_rule(
        self,
        body: MakeRuleBody,
        *,
        request_id: str | None = None,
    ) -> MakeRuleAnswer:
        """A new rule

        It counts in every answer within a second. Hide beats all others. Then require: what is not of each rule
        that requires is not shown. Of pins, the one of the highest priority chooses its place first; a pin is shown
        although no source gave its product, but never against the filters of a request. All boosts and buries count
        together: what is at place p is sorted as if it were at p x (strengths that bury) / (strengths that boost),
        among 3 times as many as are wanted, 30 at least.
        """
        answer: MakeRuleAnswer = self._ask(
            "POST",
            "/api/v1/rules/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def get_rule(
        self,
        ruleid: int,
        *,
        request_id: str | None = None,
    ) -> GetRuleAnswer:
        """A rule

        As it is kept, whether it applies now or not.
        """
        answer: GetRuleAnswer = self._ask(
            "GET",
            f"/api/v1/rules/{quoted(ruleid)}/",
            header={"X-Request-ID": request_id},
        ).json()
        return answer

    def replace_rule(
        self,
        ruleid: int,
        body: ReplaceRuleBody,
        *,
        request_id: str | None = None,
    ) -> ReplaceRuleAnswer:
        """Another rule in the place of one

        What the body does not name is as in a new rule.
        """
        answer: ReplaceRuleAnswer = self._ask(
            "PUT",
            f"/api/v1/rules/{quoted(ruleid)}/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def change_rule(
        self,
        ruleid: int,
        body: ChangeRuleBody,
        *,
        request_id: str | None = None,
    ) -> ChangeRuleAnswer:
        """Something of a rule

        What the body does not name stays as it is.
        """
        answer: ChangeRuleAnswer = self._ask(
            "PATCH",
            f"/api/v1/rules/{quoted(ruleid)}/",
            header={"X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def delete_rule(
        self,
        ruleid: int,
        *,
        request_id: str | None = None,
    ) -> None:
        """The end of a rule

        No answer follows it any more within a second.
        """
        self._ask(
            "DELETE",
            f"/api/v1/rules/{quoted(ruleid)}/",
            header={"X-Request-ID": request_id},
        )

    def preview_rules(
        self,
        *,
        category: str | None = None,
        details: bool | None = None,
        exclude: Sequence[str] | None = None,
        in_stock: bool | None = None,
        limit: int | None = None,
        list: Literal["for-you", "similar", "trending"] | None = None,
        max_per_category: int | None = None,
        period: Literal["hour", "day", "week"] | None = None,
        placement: str | None = None,
        price_from: float | None = None,
        price_to: float | None = None,
        product: str | None = None,
        user_id: str | None = None,
        request_id: str | None = None,
    ) -> PreviewRulesAnswer:
        """A list with and without rules

        A list without any rule and with those that apply now, and why each product that has another place has it.
        It is asked for as the list itself is; nobody is noted as having been shown it. A draft counts whatever its
        time span.
        """
        answer: PreviewRulesAnswer = self._ask(
            "GET",
            "/api/v1/rules/preview/",
            query={
                "category": category,
                "details": details,
                "exclude": joined(exclude),
                "in_stock": in_stock,
                "limit": limit,
                "list": list,
                "max_per_category": max_per_category,
                "period": period,
                "placement": placement,
                "price_from": price_from,
                "price_to": price_to,
                "product": product,
            },
            header={"user-id": user_id, "X-Request-ID": request_id},
        ).json()
        return answer

    def preview_rule(
        self,
        body: PreviewRuleBody,
        *,
        category: str | None = None,
        details: bool | None = None,
        exclude: Sequence[str] | None = None,
        in_stock: bool | None = None,
        limit: int | None = None,
        list: Literal["for-you", "similar", "trending"] | None = None,
        max_per_category: int | None = None,
        period: Literal["hour", "day", "week"] | None = None,
        placement: str | None = None,
        price_from: float | None = None,
        price_to: float | None = None,
        product: str | None = None,
        user_id: str | None = None,
        request_id: str | None = None,
    ) -> PreviewRuleAnswer:
        """A list with and without rules, and a rule that is not stored

        A list without any rule and with those that apply now, and why each product that has another place has it.
        It is asked for as the list itself is; nobody is noted as having been shown it. A draft counts whatever its
        time span.
        """
        answer: PreviewRuleAnswer = self._ask(
            "POST",
            "/api/v1/rules/preview/",
            query={
                "category": category,
                "details": details,
                "exclude": joined(exclude),
                "in_stock": in_stock,
                "limit": limit,
                "list": list,
                "max_per_category": max_per_category,
                "period": period,
                "placement": placement,
                "price_from": price_from,
                "price_to": price_to,
                "product": product,
            },
            header={"user-id": user_id, "X-Request-ID": request_id},
            body=body,
        ).json()
        return answer

    def recommendations(
        self,
        *,
        user_id: str,
        category: str | None = None,
        details: bool | None = None,
        exclude: Sequence[str] | None = None,
        explain: bool | None = None,
        in_stock: bool | None = None,
        limit: int | None = None,
        max_per_category: int | None = None,
        placement: str | None = None,
        price_from: float | None = None,
        price_to: float | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> RecommendationsAnswer:
        """What to show a shopper

        Different products of the catalogue, best first; fewer than asked for only when it has fewer. First what
        shoppers viewed together with what this one viewed, learned from each view as it passes; then the best
        sellers of at most three categories that the shopper viewed much or lately, shared between these by
        interest, the best sellers overall, the newest products; what the shopper viewed lately comes last, only to
        fill up. Best sellers are those of the previous month, or of the last one that had orders. `personalized`
        when a product is shown because of the shopper's views. What is in the shopper's cart is left out. Filters
        hold while products are gathered: a narrow one leaves as many as asked for, as long as the catalogue has
        them, and an empty list where it has none. Before the shop has a catalogue, products come from views alone.
        The shop's rules (`rules/`) may pin, move or leave out products; `explain` says which rule did.
        """
        answer: RecommendationsAnswer = self._ask(
            "GET",
            "/api/v1/user_history_recommendations/",
            query={
                "category": category,
                "details": details,
                "exclude": joined(exclude),
                "explain": explain,
                "in_stock": in_stock,
                "limit": limit,
                "max_per_category": max_per_category,
                "placement": placement,
                "price_from": price_from,
                "price_to": price_to,
            },
            header={"user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def latest_products(
        self,
        *,
        user_id: str,
        limit: int | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> LatestProductsAnswer:
        """The products that a shopper viewed last

        Distinct products, newest view first. A user never seen has an empty list.
        """
        answer: LatestProductsAnswer = self._ask(
            "GET",
            "/api/v1/user_nav_history_latest_products/",
            query={"limit": limit},
            header={"user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        ).json()
        return answer

    def delete_product(
        self,
        *,
        product_id: str,
        user_id: str,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> None:
        """Take a product out of a shopper's history

        From then on no answer uses views of it made up to now, even if they arrive or are replayed later. A newer
        view brings it back. The deletion is remembered whatever the history contains. The status says whether the
        product was in it: 204 if it was, 404 if it was not because it was never viewed, was deleted before, or its
        view is still on its way.
        """
        self._ask(
            "DELETE",
            "/api/v1/user_nav_history_latest_products/",
            header={"product-id": product_id, "user-id": user_id, "X-Request-ID": request_id, "user-token": user_token},
        )

    def segment_call(
        self,
        call: Literal[
            "track", "identify", "alias", "page", "screen", "group", "batch", "t", "i", "a", "p", "s", "g", "b"
        ],
        body: SegmentCallBody,
        *,
        positions: bool | None = None,
        request_id: str | None = None,
        user_token: str | None = None,
    ) -> SegmentCallAnswer:
        """Events in Segment's form

        What Segment's and RudderStack's libraries send, by the key as write key: the user name of Basic
        authentication, or `writeKey` in the body. Short names of the calls are those that the library for browsers
        asks for. The body may be gzip, and of any content type. Each message is judged for itself: 200 says that
        none was refused, 400 which were, and why; what is not refused is taken. With a browser's key an event is
        the visitor's of `anonymousId`, unless a user token is sent for its `userId`. `identify` and `alias` join
        the visitor (`anonymousId`, `previousId`) to the customer, as `people/merge/` does; of traits nothing is
        kept.
        """
        answer: SegmentCallAnswer = self._ask(
            "POST",
            f"/v1/{quoted(call)}",
            query={"positions": positions},
            header={"X-Request-ID": request_id, "user-token": user_token},
            body=body,
        ).json()
        return answer

    def page_script(
        self,
        *,
        request_id: str | None = None,
    ) -> str:
        """The script for a shop's pages

        Reports what shoppers do, draws recommendations, and says which of them were seen and followed:
        docs/pages.md. It is for everybody; what it asks for takes the key that stands beside it in the page.
        """
        return self._ask(
            "GET",
            "/v1/vitrine.js",
            header={"X-Request-ID": request_id},
        ).text

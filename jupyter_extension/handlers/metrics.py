"""A metric's whole series, thinned to what a drawing of it shows."""

from __future__ import annotations

from buildwidget.store.series import DEFAULT_POINTS, DEFAULT_WIDTH, MAX_POINTS, MIN_POINTS, MetricPicture, MetricSeries
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.builds import owned
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.requests import Query
from jupyter_extension.services import Services


class MetricsHandler(RestHandler):
    """``builds/{id}/metrics``."""

    _gone = False

    @allowed("read")
    async def get(self, build_id: str) -> None:
        """The points of one metric that a drawing ``width`` pixels wide shows, at most ``points`` of them."""
        services = await self.services()
        query = Query(self)
        name = query.exact("name")
        if name is None:
            raise ApiError(400, "invalid", "name is missing: which metric is asked for?", field="name")
        points = query.number("points", high=MAX_POINTS)
        if points is not None and points < MIN_POINTS:
            raise ApiError(400, "invalid", f"points is at least {MIN_POINTS}, not {points}.", field="points")
        width = query.number("width", low=1, high=MAX_POINTS)
        await services.run(owned, services.store, services.config.owner, build_id)
        found = await self._read(services, services.store.metric(build_id, name), points, width)
        self.send_json(found)

    async def _read(
        self, services: Services, series: MetricSeries, points: int | None, width: int | None
    ) -> MetricPicture:
        async with services.metric_turns:
            seq, head = await services.run(series.advance)
            # What is written meanwhile need not be read: else a build that writes fast would never be answered.
            while seq < head and not self._gone:
                seq, _ = await services.run(series.advance)
            return await services.run(series.picture, points or DEFAULT_POINTS, width or DEFAULT_WIDTH)

    def on_connection_close(self) -> None:
        """Nobody waits for the rest."""
        self._gone = True
        super().on_connection_close()

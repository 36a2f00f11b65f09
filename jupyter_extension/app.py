"""The server extension: where settings become objects and objects are put together."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from jupyter_server.extension.application import ExtensionApp

from buildwidget.runner.log_limit import LOG_LIMIT_BYTES
from buildwidget.runner.secrets import SECRET_NAMES, SECRET_PATTERNS, ValuePatterns, value_patterns
from buildwidget.runner.settings import LOG_LIMIT
from buildwidget.store import location
from jupyter_extension.config import Config
from jupyter_extension.handlers.routes import ROUTES
from jupyter_extension.lifecycle import Lifecycle
from jupyter_extension.services import SETTING, Gate
from jupyter_extension.traits import ServerTraits


class BuildwidgetApp(ServerTraits, ExtensionApp):
    """Serves builds: REST below ``buildwidget/api/``, live over ``buildwidget/ws`` or ``buildwidget/api/stream``."""

    name = "buildwidget"

    gate: Gate
    lifecycle: Lifecycle | None = None

    def initialize_settings(self) -> None:
        """Makes the configuration, hands its seams to the kernels, and starts opening the store with the loop."""
        self.gate = Gate()
        self.settings[SETTING] = self.gate
        try:
            self.share_secret_settings()
            config = self.make_config()
        except (OSError, ValueError) as error:
            # Notebooks are worth more than builds: the server starts, and our routes tell what is wrong.
            self.log.error("buildwidget cannot be used: %s", error)  # noqa: TRY400 - a setting, no bug: no traceback
            self.gate.refuse(f"buildwidget cannot be used on this server: {error}")
            return
        self.share_with_kernels(config)
        assert self.serverapp is not None
        self.lifecycle = Lifecycle(config, self.gate, self.log, on_activity=self.note_activity)
        self.serverapp.io_loop.add_callback(self.lifecycle.start)

    def initialize_handlers(self) -> None:
        """The routes; the base URL is put before them by ExtensionApp."""
        self.handlers.extend(ROUTES)

    def make_config(self) -> Config:
        """The frozen settings.

        Raises:
            OSError: the data directory cannot be made.
            ValueError: settings that contradict each other.
        """
        assert self.serverapp is not None
        return self.config_for(
            owner=self.owner or location.owner(),
            database_url=self.database_url or location.database_url(),
            root_dir=os.path.abspath(self.serverapp.root_dir or "."),  # noqa: PTH100 - a Jupyter root may be relative
        )

    @staticmethod
    def share_with_kernels(config: Config) -> None:
        """Kernels inherit the server's environment: so they meet it in the same database, as the same owner."""
        os.environ["BUILDWIDGET_DATABASE_URL"] = config.database_url
        os.environ["BUILDWIDGET_OWNER"] = config.owner
        if config.log_limit_bytes != LOG_LIMIT_BYTES:  # else the variable stays that somebody set for the server
            os.environ[LOG_LIMIT] = str(config.log_limit_bytes)

    def share_secret_settings(self) -> None:
        """Kernels and this server know the same secrets.

        Raises:
            ValueError: a pattern is not taken.
        """
        for variable, value in ((SECRET_NAMES, self.secret_names), (SECRET_PATTERNS, self.secret_patterns)):
            if value is not None:
                os.environ[variable] = value
        ValuePatterns(value_patterns())

    def current_activity(self) -> dict[str, int] | None:
        """Active builds keep a server from being shut down as idle."""
        services = self.gate.opened
        active = services.hub.active_builds() if services else 0
        return {"builds": active} if active else None

    def note_activity(self) -> None:
        """What a Hub's culler reads: Jupyter takes the newest of all settings that end so."""
        assert self.serverapp is not None
        self.serverapp.web_app.settings["buildwidget_last_activity"] = datetime.now(timezone.utc)

    async def stop_extension(self) -> None:
        """Tells clients to come back, then closes everything."""
        if self.lifecycle is not None:
            await self.lifecycle.stop()

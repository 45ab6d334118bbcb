"""The only wiring: settings to adapters to services to features. One module per storey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mokmin import migrations
from mokmin.app.features import Features
from mokmin.app.foundation import DIMENSIONS
from mokmin.knowledge.backup.restore import Restore
from mokmin.settings import Settings

__all__ = ["DIMENSIONS", "App", "AppFactory", "restore"]


class App(Features):
    """Everything that runs, built on first use. Models load once a process."""

    def warm_up(self) -> None:
        """Load the models and touch the index, so that the first question is quick."""
        self.analyser().morphemes(["준비"])
        self.embedder().embed_query("준비")
        self.index.health()
        self.vocabulary().widen(["준비"])


def restore(settings: Settings) -> Restore:
    """A backup into the home of the settings, which nothing has opened yet."""
    return Restore(
        settings.home,
        settings.sqlalchemy_url,
        migrations,
        lambda folder, url: App(replace(settings, home=folder, database_url=url)),
    )


AppFactory = Callable[[], App]

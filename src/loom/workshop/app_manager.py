"""The documented face of app bundles. What a bundle may hold, and how it is put in place: `loom.catalog.apps`."""

import logging
from pathlib import Path
from typing import Protocol

from loom.bus.subjects import RELOAD
from loom.catalog.apps.folder import AppFolder
from loom.core.errors import LoomError, NotFoundError
from loom.core.jsonvalue import Json
from loom.core.manifest import AppManifest, load_manifest

__all__ = ["DEFAULT_APPS_DIR", "AppDeployError", "AppManager"]

DEFAULT_APPS_DIR = "~/.loom/apps"
_log = logging.getLogger(__name__)


class AppDeployError(Exception):
    """A bundle that is not deployed, and everything that is wrong with it."""


class Bus(Protocol):
    """What a manager needs of a bus."""

    async def publish(self, subject: str, data: Json) -> None:
        """Send `data` to whoever listens to `subject`."""
        ...


class AppManager:
    """The apps below one folder."""

    def __init__(self, apps_dir: str | Path = DEFAULT_APPS_DIR, bus: Bus | None = None) -> None:
        """`bus` is told when workers should read their definitions again."""
        self._folder = AppFolder(Path(apps_dir))
        self._bus = bus
        self.apps_dir = self._folder.path

    def list_apps(self) -> list[AppManifest]:
        """The manifests of all apps, sorted by name; broken ones are passed over."""
        return [app.manifest for app in self._folder.all() if app.manifest is not None]

    def get_app(self, name: str) -> AppManifest:
        """The manifest of one app.

        Raises:
            FileNotFoundError: when there is no such app.
            ValueError: when its manifest is broken.
        """
        return load_manifest(self._path(name) / "manifest.yaml")

    def get_app_configs_dir(self, name: str) -> Path:
        """The folder of an app's definitions.

        Raises:
            FileNotFoundError: when there is no such app.
        """
        return self._path(name) / "configs"

    def deploy_app(self, zip_path: str | Path) -> AppManifest:
        """Put the app in the ZIP in the place of what has its name.

        Raises:
            AppDeployError: naming everything that is wrong with it; nothing is changed then.
        """
        try:
            manifest = self._folder.deploy(Path(zip_path)).manifest
        except LoomError as error:
            raise AppDeployError(str(error)) from error
        if manifest.python_package:
            _log.info(
                "the app %s needs the package %s, which you install",
                manifest.name,
                manifest.python_package.name,
            )
        return manifest

    def remove_app(self, name: str) -> None:
        """Take an app away.

        Raises:
            FileNotFoundError: when there is no such app.
        """
        self._path(name)
        self._folder.remove(name)

    async def notify_reload(self) -> None:
        """Tell workers to read their definitions again. Without a bus nothing happens; a bus that fails is logged."""
        if self._bus is None:
            return
        try:
            await self._bus.publish(RELOAD, {"action": "reload"})
        except Exception:  # noqa: BLE001 - anyone's bus; the app is deployed all the same
            _log.exception("the reload was not announced")

    def _path(self, name: str) -> Path:
        try:
            return self._folder.get(name).path
        except NotFoundError as error:
            raise FileNotFoundError(str(error)) from None

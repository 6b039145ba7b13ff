"""An engine that speaks Docker's API: Docker itself, and Podman's API service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docker import APIClient
from docker.errors import APIError, ImageNotFound, NotFound, NullResource
from docker.utils import parse_repository_tag
from docker.utils.json_stream import json_stream

from slim.engine.api_errors import explanation, translated
from slim.engine.container_config import LOOPBACK, container_config, named_volumes
from slim.engine.docker_container import DockerContainer, remove_container
from slim.engine.docker_images import image_record, loaded_reference
from slim.engine.docker_labels import labelled, remove_labelled
from slim.engine.interface import Container, ContainerSpec, EngineInfo, ImageRecord
from slim.engine.interrupts import shielded
from slim.engine.locality import is_local
from slim.engine.streams import Upload, checked, chunks
from slim.engine.template import first_endpoint
from slim.errors import ImageError, UsageError

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386"}
"""uname(1)'s names, which engines report, as GOARCH spells them; the others agree."""
_STREAM_SIZE = 1 << 20
_NAME_REFUSALS = ("reference format", "invalid tag", "invalid repository")


class DockerEngine:
    """Implements `slim.engine.interface.Engine` on docker-py's low-level client.

    Requests have no time limit of their own once the engine has answered the first: saving or
    loading a large image takes as long as it takes, and Ctrl-C ends it.
    """

    def __init__(
        self, open_client: Callable[[], APIClient], address: str, on_close: Callable[[], None] | None = None
    ) -> None:
        """`address`: as in DOCKER_HOST. `on_close` is called after the connection is closed."""
        self._open_client = open_client
        self._client = open_client()
        self._client.timeout = None  # type: ignore[assignment]
        self._address = address
        self._on_close = on_close

    @property
    def address(self) -> str:
        """Where it answers, as in DOCKER_HOST; what child processes need to reach it too."""
        return self._address

    @cached_property
    def info(self) -> EngineInfo:
        facts = self._facts
        architecture = str(facts.get("Architecture") or "")
        return EngineInfo(
            name=self._product,
            version=str(facts.get("ServerVersion") or ""),
            architecture=_ARCHITECTURES.get(architecture, architecture),
            storage_driver=str(facts.get("Driver") or ""),
            root=str(facts.get("DockerRootDir") or ""),
            local=is_local(self._socket_path(), facts),
        )

    def find_image(self, reference: str) -> ImageRecord:
        """ImageError when the engine has no such image or `reference` is not one."""
        with translated(f"cannot look at image {reference}"):
            inspected = self._inspect_image(reference)
        return image_record(reference, inspected, store=self._overlay_store())

    def save_image(self, image_id: str) -> Iterator[bytes]:
        action = f"cannot save image {image_id}"
        with translated(action):
            response = self._client.get(
                f"{self._base}/images/{quote(image_id, safe='/:')}/get",
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=None,
            )
            checked(response)
        return chunks(response, action, _STREAM_SIZE)

    def load_image(self, archive: Path) -> str:
        """Load an archive with one image, streamed; its id.

        Interrupted after all has been sent, it waits for the engine to finish first: only then
        can whoever cleans up see the image. EngineError with the engine's message, HostError
        when its disk is full.
        """
        action = f"cannot load {archive} into the engine"
        with translated(action), archive.open("rb") as file, ExitStack() as stack:
            response = self._client.post(
                f"{self._base}/images/load",
                params={"quiet": "1"},
                data=Upload(file, lambda: stack.enter_context(shielded())),
                headers={"Content-Type": "application/x-tar"},
                stream=True,
                timeout=None,
            )
            with checked(response):
                loaded = loaded_reference(action, json_stream(response.iter_content(None)))
            return str(self._inspect_image(loaded)["Id"])

    def tag_image(self, image_id: str, reference: str) -> None:
        """UsageError when `reference` is not a legal name."""
        repository, tag = parse_repository_tag(reference)
        with translated(f"cannot tag image {image_id} as {reference}"):
            try:
                self._client.tag(image_id, repository, tag or "latest", force=True)
            except ImageNotFound as error:
                raise _no_such_image(image_id, explanation(error)) from error
            except APIError as error:
                # Docker 20.10 answers 500 to what is wrong with the name
                if not any(word in explanation(error).lower() for word in _NAME_REFUSALS):
                    raise
                raise UsageError(
                    f"{reference} is not a legal name for an image",
                    cause=explanation(error),
                    remedy="write [registry/]name[:tag], the name in lower case",
                ) from error

    def remove_image(self, reference: str) -> None:
        with translated(f"image {reference} cannot be removed"), shielded():
            try:
                self._client.remove_image(reference)
            except NotFound:
                return

    def create_container(self, spec: ContainerSpec, *, labels: Mapping[str, str]) -> Container:
        """Create it as docker run would; also the user's named volumes that do not exist yet,
        which then carry `labels` and go with the run.

        ImageError for an unknown image, UsageError where the engine refuses an option's value.
        """
        body = container_config(
            spec,
            labels,
            engine=self.info.name,
            log_driver=str(self._facts.get("LoggingDriver") or ""),
            publish_address=LOOPBACK if self._is_socket else "",
        )
        action = f"cannot create a container of {spec.image}"
        with translated(action), shielded():
            for volume in named_volumes(spec):
                self._ensure_volume(volume, labels)
            body, others = first_endpoint(body)
            try:
                created = self._client.create_container_from_config(body)  # type: ignore[no-untyped-call]
            except ImageNotFound as error:
                raise _no_such_image(spec.image, explanation(error)) from error
            except APIError as error:
                if error.status_code != 400:
                    raise
                raise UsageError(
                    action, cause=explanation(error), remedy="check the options of the run"
                ) from error
            identifier = str(created["Id"])
            try:
                self._connect(identifier, others)
            except BaseException:
                remove_container(self._client, identifier)
                raise
        return self.container(identifier)

    def container(self, identifier: str) -> DockerContainer:
        """A container that exists already, by its id or name."""
        with translated(f"cannot look at container {identifier}"):
            return self._container(self._client.inspect_container(identifier))

    def find_container(self, name: str) -> tuple[Container, str]:
        with translated(f"cannot look at container {name}"):
            try:
                inspected: Mapping[str, Any] = self._client.inspect_container(name)
            except (NotFound, NullResource) as error:
                raise UsageError(
                    f"the engine has no container {name!r}",
                    cause=str(error.explanation) if isinstance(error, NotFound) else str(error),
                    remedy="see docker ps for what is there",
                ) from error
        # Podman leaves the algorithm out in places
        return self._container(inspected), "sha256:" + str(inspected["Image"]).removeprefix("sha256:")

    def _container(self, inspected: Mapping[str, Any]) -> DockerContainer:
        name = str(inspected["Name"]).removeprefix("/")
        return DockerContainer(
            self._client, str(inspected["Id"]), name, local=self.info.local, host=self._reachable_host()
        )

    def inspect_container(self, identifier: str) -> Mapping[str, Any]:
        with translated(f"cannot look at container {identifier[:12]}"):
            return dict(self._client.inspect_container(identifier))

    def _connect(self, identifier: str, endpoints: Mapping[str, Mapping[str, Any]]) -> None:
        for network, endpoint in endpoints.items():
            url = f"{self._base}/networks/{quote(network, safe='')}/connect"
            # docker-py's own call knows fewer settings
            checked(self._client.post(url, json={"Container": identifier, "EndpointConfig": endpoint}))

    def create_volume(self, name: str, *, labels: Mapping[str, str]) -> Path | None:
        with translated(f"cannot create volume {name}"), shielded():
            created: Mapping[str, Any] = self._client.create_volume(name, labels=dict(labels))
        mountpoint = str(created.get("Mountpoint") or "")
        if not mountpoint or not self.info.local:
            return None
        try:
            return Path(mountpoint) if Path(mountpoint).is_dir() else None
        except PermissionError:
            return None

    def labelled(self, label: str) -> Iterator[tuple[str, str, str]]:
        """Containers first, then what they may hold on to."""
        return labelled(self._client, label)

    def remove_labelled(self, kind: str, identifier: str) -> None:
        """Remove one of what `labelled` yields; it may be gone already."""
        remove_labelled(self._client, kind, identifier)

    def pending_images(self, prefix: str) -> tuple[str, ...]:
        with translated("cannot list images"):
            images: Any = self._client.images()
        tags = (tag for image in images for tag in image.get("RepoTags") or ())
        # Podman puts a name without a registry under one of these
        places = ("", "localhost/", "docker.io/")
        return tuple(sorted(tag for tag in tags if tag.startswith(tuple(f"{p}{prefix}" for p in places))))

    def another(self) -> DockerEngine:
        return DockerEngine(self._open_client, self._address)

    def close(self) -> None:
        self._client.close()
        if self._on_close is not None:
            on_close, self._on_close = self._on_close, None
            on_close()

    @property
    def _base(self) -> str:
        return f"{self._client.base_url}/v{self._client.api_version}"

    @cached_property
    def _facts(self) -> dict[str, Any]:
        with translated("cannot ask the engine about itself"):
            return dict(self._client.info())

    @cached_property
    def _product(self) -> str:
        """Podman names itself among its version's components."""
        with translated("cannot ask the engine for its version"):
            components = self._client.version(api_version=False).get("Components") or ()
        return "Podman" if any("Podman" in str(part.get("Name")) for part in components) else "Docker"

    @property
    def _is_socket(self) -> bool:
        return urlsplit(self._address).scheme in ("unix", "http+unix")

    def _socket_path(self) -> Path | None:
        return Path(urlsplit(self._address).path) if self._is_socket else None

    def _reachable_host(self) -> str:
        return LOOPBACK if self._is_socket else urlsplit(self._address).hostname or LOOPBACK

    def _overlay_store(self) -> Path | None:
        """The store whose layer folders hold files as the image has them: Docker's overlay2, here.

        Not that of a rootless engine or one with remapped users: owners are shifted there.
        """
        facts = self._facts
        options = tuple(str(option) for option in facts.get("SecurityOptions") or ())
        shifted = any(option.startswith(("name=rootless", "name=userns")) for option in options)
        if shifted or facts.get("Driver") != "overlay2" or not self.info.local:
            return None
        return Path(self.info.root)

    def _inspect_image(self, reference: str) -> Mapping[str, Any]:
        if not reference or ".." in reference or any(c.isspace() or c in "?#%" for c in reference):
            raise _no_such_image(reference, "that is not the name or id of an image")
        try:
            return dict(self._client.inspect_image(reference))  # type: ignore[no-untyped-call]
        except APIError as error:
            if error.status_code not in (400, 404):
                raise
            raise _no_such_image(reference, explanation(error)) from error

    def _ensure_volume(self, name: str, labels: Mapping[str, str]) -> None:
        try:
            self._client.inspect_volume(name)
        except NotFound:
            self._client.create_volume(name, labels=dict(labels))


def _no_such_image(reference: str, cause: str) -> ImageError:
    return ImageError(
        f"the engine has no image {reference!r}",
        cause=cause,
        remedy="see docker images for what is there; docker pull or docker build brings it in",
    )

"""Starts the endpoint on this machine (Valkey, Ray, the application), and stops it in order."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from plait.config import Project, load_config
from plait.errors import PlaitError
from plait.live.drain import Drainer
from plait.live.valkey.durability import redact_address
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.privacy.pseudonym_key import key_of_version, load_key
from plait.serving import ray_environment
from plait.serving.api_keys import ApiKeys
from plait.serving.json_logs import LogFormat
from plait.serving.listen_port import wait_for_port
from plait.serving.ray_environment import is_loopback
from plait.serving.replica import check_durability, connect, live_state_folder
from plait.serving.replica_logs import print_replica_logs
from plait.store import Registry, Store
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.require_events import require_events
from plait.store.require_writable import require_writable
from plait.training.ray.local_ray import keep_ray_on_loopback, local_init_arguments

log = logging.getLogger("plait.serving")
READY_TIMEOUT_S = 120.0
LOOPBACK = "127.0.0.1"
CONTROLLER, NAMESPACE = "SERVE_CONTROLLER_ACTOR", "serve"


class NotStarted(PlaitError):
    """The endpoint does not start."""

    exit_code = 3


@dataclass(frozen=True)
class RunningEndpoint:
    """A running endpoint; `live_state` is the address of Valkey without its password."""

    url: str
    model: str
    version: str
    live_state: str
    seconds: float


@contextmanager
def run_endpoint(
    config: Path,
    *,
    host: str = LOOPBACK,
    port: int | None = None,
    live_state: str | None = None,
    replicas: int | None = None,
    log_format: LogFormat = "auto",
) -> Iterator[RunningEndpoint]:
    """Yields the endpoint once it is ready. Afterwards stops everything that it started.

    Args:
        config: the project file.
        host: the address to listen on.
        port: default: the project's.
        live_state: redis:// address; default: the project's, else an embedded Valkey.
        replicas: number of replicas; default: the project's minimum.
        log_format: format of the replicas' log on stderr; auto: text on a terminal, else json.

    Raises:
        NothingFused, TooFewEvents, NoModel, DamagedVersion: there is nothing to serve yet.
        BadHost: this machine cannot listen on `host`.
        PortTaken: another program listens on the port.
        BadKey: the pseudonym keys are not those of the store version.
        NotStarted: a part does not start.
        ConfigError: `live_state` is not a valid address.
        LossyLiveState: Valkey may lose accepted events, and the configuration requires fsync.
    """
    began = time.monotonic()
    project = load_config(config)
    port = port or project.serve.port
    store = Store(project.store_uri)
    require_writable(store)  # what clients send must reach the feedback log
    held = store.current()
    require_events(held)
    version, _ = Registry(store).fetch(project.model)
    key_of_version(load_key(project, create=False), held.settings, held.number)
    wait_for_port(port, host)
    address = live_state or os.environ.get("PLAIT_LIVE_STATE") or project.serve.live_state
    with ExitStack() as parts:
        parts.enter_context(print_replica_logs(log_format))
        _warn_if_open(host)
        if address is None:
            valkey = parts.enter_context(EmbeddedValkey(live_state_folder(project)))
            address = valkey.address
            parts.enter_context(_restart_on_exit(valkey))
        check_durability(project, address)
        parts.callback(_drain_on_exit, project, store, address)
        loading = threading.Thread(target=_load_base, args=(project, store, address), daemon=True)
        loading.start()
        count = replicas or project.serve.replicas[0]
        parts.enter_context(_start_ray(count, host))
        _deploy(config, address, port, count)
        parts.callback(_end_replicas)
        loading.join()
        here = {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
        _wait_until_ready(here, port)
        shown = f"[{here}]" if ":" in here else here
        yield RunningEndpoint(
            url=f"http://{shown}:{port}",
            model=project.model,
            version=version,
            live_state=redact_address(address),
            seconds=time.monotonic() - began,
        )


def _warn_if_open(host: str) -> None:
    if ApiKeys.from_environment(os.environ).required or is_loopback(host):
        return
    log.warning(
        "EVERYONE who can reach this machine can use the endpoint: it listens on %s and requires "
        "no key. Set PLAIT_API_KEY, or listen on 127.0.0.1 only.",
        host or "every interface",
    )


def _load_base(project: Project, store: Store, address: str) -> None:
    """Loads the base while Ray starts. If this fails, a replica loads it."""
    with contextlib.suppress(PlaitError):
        connect(project, address).load_base(store, store.current())


def _drain_on_exit(project: Project, store: Store, address: str) -> None:
    """Moves all events from Valkey to the feedback log, so that the next fuse reads them."""
    drainer = Drainer(connect(project, address), FeedbackLog(store), secrets.token_hex(8))
    try:
        drainer.drain(takeover=True)
    except Exception as error:
        log.warning("some events stay in live state until the next start: %s", error)


@contextmanager
def _restart_on_exit(valkey: EmbeddedValkey) -> Iterator[None]:
    """Restarts the server if it dies. Accepted events are in its file."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            if valkey.pid is None:
                log.warning("the embedded Valkey died; restarting it")
                with contextlib.suppress(PlaitError):
                    valkey.restart()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _start_ray(replicas: int, host: str) -> Iterator[None]:
    ray_environment.prepare_environment(host)
    keep_ray_on_loopback()
    import ray

    if ray.is_initialized():
        yield
        return
    for again in (True, True, False):
        try:
            ray.init(
                **local_init_arguments(),
                num_cpus=replicas,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=100 * 2**20,
            )
            break
        except Exception as error:  # on a busy machine Ray gives up after 30 s
            ray.shutdown()
            if not again:
                raise NotStarted(f"Ray does not start: {error}") from error
    try:
        yield
    finally:
        # Ends every process of this Ray, including Serve and HAProxy.
        ray.shutdown()


def _deploy(config: Path, address: str, port: int, replicas: int) -> None:
    """Starts Serve and the application concurrently: their processes take seconds to import."""
    from ray import serve

    from plait.serving.deployment import application

    logging.getLogger("ray.serve").setLevel(logging.ERROR)

    def start() -> None:
        try:
            serve.start(
                proxy_location="HeadOnly",
                # Only HAProxy listens elsewhere: see plait.serving.haproxy.
                http_options={"host": LOOPBACK, "port": port, "keep_alive_timeout_s": 90},
                logging_config={"enable_access_log": False},
            )
        except Exception as error:
            # Serve replaces a proxy that started too slowly: only an HTTP request shows success.
            log.warning("Ray Serve started with difficulty: %s", error)

    starting = threading.Thread(target=start, daemon=True)
    starting.start()
    _wait_for_controller(starting)
    app = application(str(config.absolute()), address, (replicas, replicas))
    serve.run(app, name="plait", route_prefix="/")
    starting.join()


def _end_replicas() -> None:
    """Lets replicas write their buffered impressions: Ray's shutdown would kill them."""
    from ray import serve

    with contextlib.suppress(Exception):  # they may be dead already
        serve.delete("plait")


def _wait_for_controller(starting: threading.Thread) -> None:
    import ray

    while starting.is_alive():
        try:
            ray.get_actor(CONTROLLER, namespace=NAMESPACE)
        except ValueError:
            time.sleep(0.05)
        else:
            return


def _wait_until_ready(host: str, port: int) -> None:
    until, last = time.monotonic() + READY_TIMEOUT_S, "nothing responds"
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            reply = connection.getresponse()
            last = reply.read().decode(errors="replace")
            if reply.status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException) as error:
            last = str(error)
        finally:
            connection.close()
        time.sleep(0.05)
    raise NotStarted(f"the endpoint is not ready after {READY_TIMEOUT_S:.0f} s: {last[:300]}")

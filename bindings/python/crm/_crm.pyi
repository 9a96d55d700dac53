import datetime
import os
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Optional, Protocol, Union, final

from crm._types import (
    ConditionKind,
    Durability,
    EnvelopeShape,
    KeyProvider,
    LogLevel,
    Order,
    Outcome,
    StatusCode,
)

# A buffer is bytes, bytearray, memoryview or mmap; there is no type for it
# before Python 3.12.
_Path = Union[str, os.PathLike[str]]
_Duration = Union[float, datetime.timedelta]
_Who = Union[Identifier, tuple[str, str]]
_EventLike = Union[dict[str, Any], str, bytes, bytearray, memoryview, Event]
_DurabilityLike = Union[Durability, str]

class _File(Protocol):
    def read(self, size: int, /) -> Union[str, bytes]: ...

__version__: str
MAX_EVENT_BYTES: int
MAX_PAYLOAD_BYTES: int
MAX_JSON_DEPTH: int
MAX_IDENTIFIERS: int
MAX_ID_BYTES: int
MAX_REQUEST_EVENTS: int
MAX_REQUEST_BYTES: int

def event_from_json(json: Union[str, bytes, dict[str, Any]]
                    ) -> tuple[Event, str]: ...

@final
class Store:
    @staticmethod
    def open(
        directory: _Path,
        *,
        create_if_missing: bool = False,
        error_if_exists: bool = False,
        durability: _DurabilityLike = "sync",
        background_threads: int = 1,
        checkpoint_bytes: int = 536870912,
        checkpoint_records: int = 400000,
        resident_bytes: int = 1073741824,
        block_cache_bytes: int = 67108864,
        key_provider: Optional[_KeyProvider] = None,
        key_file: Optional[_Path] = None,
        clock: Optional[Callable[[], datetime.datetime]] = None,
        log: Optional[Callable[[LogLevel, str], object]] = None,
        default_region: str = "",
        accept_rollback: bool = False,
        seal: bool = True,
        insecure_for_tests: bool = False,
        compress_blocks: bool = True,
    ) -> Store: ...
    @staticmethod
    def open_in_memory(
        *,
        background_threads: int = 1,
        checkpoint_bytes: int = 536870912,
        checkpoint_records: int = 400000,
        resident_bytes: int = 1073741824,
        block_cache_bytes: int = 67108864,
        key_provider: Optional[_KeyProvider] = None,
        clock: Optional[Callable[[], datetime.datetime]] = None,
        log: Optional[Callable[[LogLevel, str], object]] = None,
        default_region: str = "",
    ) -> Store: ...
    def tenant(self, name: str) -> Tenant: ...
    def tenant_names(self) -> list[str]: ...
    def stats(self) -> StoreStats: ...
    def sync(self) -> None: ...
    def flush(self) -> None: ...
    def maintain(self, budget: _Duration) -> bool: ...
    def checkpoint(self, directory: _Path) -> None: ...
    def verify(
        self,
        *,
        progress: Optional[Callable[[int, int], object]] = None,
    ) -> VerifyReport: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def key_file(self) -> str: ...
    def __enter__(self) -> Store: ...
    def __exit__(
        self,
        exc_type: Optional[type[BaseException]],
        exc_value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None: ...

class _Questions:
    def find_customer(self, namespace: str, value: str) -> int: ...
    def customer(self, customer: int) -> Customer: ...
    def profile(self, customer: int) -> Profile: ...
    def timeline(
        self,
        customer: int,
        *,
        since: Optional[datetime.datetime] = None,
        until: Optional[datetime.datetime] = None,
        types: Iterable[str] = (),
        oldest_first: bool = False,
        limit: int = 50,
        cursor: str = "",
    ) -> TimelinePage: ...
    def replay(
        self,
        *,
        order: Union[Order, str] = "position",
        backward: bool = False,
        first: int = 1,
        last: int = 0,
        since: Optional[datetime.datetime] = None,
        until: Optional[datetime.datetime] = None,
        record: int = 0,
        customer: int = 0,
        types: Iterable[str] = (),
        open_parts_only: bool = False,
    ) -> EventCursor: ...


"""Recordings: MCAP files with Foxglove schemas, readable up to the moment their writer was killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, make_reader
from mcap.records import Channel, Message, Schema
from mcap.writer import CompressionType, Writer
from mcap_protobuf.decoder import DecoderFactory
from mcap_protobuf.schema import build_file_descriptor_set

from data.files import named
from data.jsonable import dumps
from data.topics import TOPICS, Topic

# Small chunks: what a kill can cost is the chunk that was being filled, a few frames.
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Record:
    """One message of a recording.

    Attributes:
        topic: name of its channel.
        t_ns: simulation or recording time.
        data: the encoded message.
        schema: name of its schema.
        decode: turns `data` into the JSON value or the protobuf message.
    """

    topic: str
    t_ns: int
    data: bytes
    schema: str
    decode: Callable[[bytes], Any] = field(compare=False, repr=False)

    @property
    def value(self) -> Any:  # noqa: ANN401  a JSON value or a protobuf message
        """The decoded content."""
        return self.decode(self.data)


class RecordingWriter:
    """Writes messages to an MCAP file; each finished chunk reaches the file at once.

    Raises:
        OSError: the file, which it names, cannot be created or written (a full disk, say); what was written
            stays readable.
    """

    def __init__(self, path: Path, metadata: dict[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: IO[bytes] = path.open("wb")
        self._writer = Writer(self._file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="nanshan")
        self._writer.add_metadata("nanshan", metadata)
        self._channels = {topic.name: self._register(topic) for topic in TOPICS}
        self._sequence = 0

    def write(self, topic: Topic, t_ns: int, message: Any) -> None:  # noqa: ANN401
        """Appends a Foxglove message, or any of our types on a JSON topic."""
        if topic.encoding == "protobuf":
            data = message.SerializeToString(deterministic=True)
        else:
            data = dumps(message).encode()
        self._sequence += 1
        with named(self.path):
            self._writer.add_message(self._channels[topic.name], t_ns, data, t_ns, self._sequence)
            self._file.flush()

    def close(self) -> None:
        """Writes the index that marks the file as whole, and closes it."""
        if not self._file.closed:
            with named(self.path):
                try:
                    self._writer.finish()  # type: ignore[no-untyped-call]
                finally:
                    self._file.close()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _register(self, topic: Topic) -> int:
        if topic.encoding == "protobuf":
            schema_id = self._writer.register_schema(topic.schema, "protobuf", _descriptors(topic.schema))
        else:
            content = json.dumps({"title": topic.schema, "type": ["object", "array"]}).encode()
            schema_id = self._writer.register_schema(topic.schema, "jsonschema", content)
        return self._writer.register_channel(topic.name, topic.encoding, schema_id)


def _descriptors(schema: str) -> bytes:
    """What a reader needs to decode the messages of one of Foxglove's schemas: a `FileDescriptorSet`."""
    name = schema.removeprefix("foxglove.")
    message_class = getattr(import_module(f"foxglove_schemas_protobuf.{name}_pb2"), name)
    data: bytes = build_file_descriptor_set(message_class).SerializeToString(deterministic=True)
    return data


@dataclass(frozen=True)
class RecordingInfo:
    """What can be told of a recording before its messages are read.

    Attributes:
        path: the file.
        whole: its writer closed it; otherwise it was cut off and holds what came before.
    """

    path: Path
    whole: bool


def open_recording(path: Path) -> RecordingInfo:
    """Looks at a recording.

    Raises:
        ValueError: no such file, or not an MCAP file.
    """
    try:
        with path.open("rb") as file:
            if file.read(8) != b"\x89MCAP0\r\n":
                raise ValueError(f"{path}: not an MCAP recording")
            file.seek(0)
            try:
                whole = make_reader(file).get_summary() is not None
            except (McapError, ValueError, EOFError):
                whole = False
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error
    return RecordingInfo(path, whole)


def read_recording(path: Path, topics: tuple[Topic, ...] | None = None) -> Iterator[Record]:
    """Yields the messages in file order, up to the cut where the file has one.

    Raises:
        ValueError: no such file, or not an MCAP file.
    """
    open_recording(path)
    wanted = None if topics is None else {topic.name for topic in topics}
    protobuf = DecoderFactory()
    with path.open("rb") as file:
        messages = NonSeekingReader(file).iter_messages(log_time_order=False)
        while True:
            try:
                schema, channel, message = next(messages)
            except (StopIteration, McapError, EOFError):
                return  # a cut file ends in the middle of a record
            except Exception as error:
                if not _is_cut(error):
                    raise
                return
            if wanted is None or channel.topic in wanted:
                yield _record(schema, channel, message, protobuf)


def _is_cut(error: Exception) -> bool:
    """Decompressors and struct raise their own types on a record whose end is missing."""
    return type(error).__module__.split(".")[0] in {"struct", "zstandard", "lz4", "mcap"}


def _record(schema: Schema | None, channel: Channel, message: Message, protobuf: DecoderFactory) -> Record:
    name = "" if schema is None else schema.name
    decode = protobuf.decoder_for(channel.message_encoding, schema) or json.loads
    return Record(channel.topic, message.log_time, message.data, name, decode)

"""Messages of CometBFT 0.38 that a seal stands on, for Google's library to write.

The fields are those of cometbft/proto/tendermint/types/canonical.proto and validator.proto.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto
_SCHEMA: dict[str, list[tuple[str, int, Any]]] = {
    "PartSetHeader": [("total", 1, _FIELD.TYPE_UINT32), ("hash", 2, _FIELD.TYPE_BYTES)],
    "BlockID": [("hash", 1, _FIELD.TYPE_BYTES), ("part_set_header", 2, "comet.PartSetHeader")],
    "Vote": [
        ("type", 1, _FIELD.TYPE_INT32),
        ("height", 2, _FIELD.TYPE_SFIXED64),
        ("round", 3, _FIELD.TYPE_SFIXED64),
        ("block_id", 4, "comet.BlockID"),
        ("timestamp", 5, "google.protobuf.Timestamp"),
        ("chain_id", 6, _FIELD.TYPE_STRING),
    ],
    "PublicKey": [("ed25519", 1, _FIELD.TYPE_BYTES)],
    "SimpleValidator": [("pub_key", 1, "comet.PublicKey"), ("voting_power", 2, _FIELD.TYPE_INT64)],
    "Height": [("value", 1, _FIELD.TYPE_INT64)],
    "Text": [("value", 1, _FIELD.TYPE_STRING)],
    "Bytes": [("value", 1, _FIELD.TYPE_BYTES)],
}


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="comet.proto",
        package="comet",
        syntax="proto3",
        dependency=[timestamp_pb2.DESCRIPTOR.name],
    )
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            told = message.field.add(name=field, number=number, label=_FIELD.LABEL_OPTIONAL)
            if isinstance(kind, str):
                told.type, told.type_name = _FIELD.TYPE_MESSAGE, f".{kind}"
            else:
                told.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"comet.{name}"))
        for name in _SCHEMA
    }


COMET = _messages()
"""The classes of those messages by name."""


def encoded(name: str, **fields: Any) -> bytes:
    """Return a message as Google's library writes it."""
    return bytes(COMET[name](**fields).SerializeToString())

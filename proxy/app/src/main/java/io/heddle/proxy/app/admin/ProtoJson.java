package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Prints resources as JSON, with the fields' proto names.
 *
 * <p>Loads descriptors, which costs some hundred milliseconds once: made at the first use. A
 * message of a type that is not known here, wherever it is nested, is shown by its type and size
 * only: whether it holds a secret cannot be seen.
 */
public final class ProtoJson {
  private static final String ANY = Any.getDescriptor().getFullName();

  /** Marks what stands for an unknown message until it is JSON. */
  private static final String HIDDEN = "heddle_hidden";

  private final KnownTypes types = new KnownTypes();

  ProtoJson() {}

  /** An encoded bootstrap. */
  public static JsonObject bootstrap(ByteString message) {
    Any any =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap")
            .setValue(message)
            .build();
    if (!(new ProtoJson().print(any) instanceof JsonObject printed)) {
      return new JsonObject();
    }
    printed.remove("@type");
    return printed;
  }

  /** The message with its {@code @type}. */
  JsonElement print(Any resource) {
    try {
      Any known = known(resource);
      JsonFormat.Printer printer =
          JsonFormat.printer().usingTypeRegistry(types.registry()).preservingProtoFieldNames();
      JsonElement printed = JsonParser.parseString(printer.print(known));
      return Secrets.redact(uncovered(printed));
    } catch (InvalidProtocolBufferException e) {
      return note(resource.getTypeUrl(), "not shown: " + e.getMessage());
    }
  }

  /** The same with every nested message of an unknown type replaced, which cannot be printed. */
  private Any known(Any any) {
    DynamicMessage message;
    try {
      Optional<Descriptor> type = types.find(any.getTypeUrl());
      if (type.isEmpty()) {
        return hidden(any, "a type that is not known here");
      }
      message = DynamicMessage.parseFrom(type.get(), any.getValue());
    } catch (InvalidProtocolBufferException e) {
      return hidden(any, "it cannot be read");
    }
    return any.toBuilder().setValue(known(message).toByteString()).build();
  }

  private Message known(Message message) {
    Message.Builder out = message.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        continue;
      }
      if (field.isRepeated()) {
        int size = message.getRepeatedFieldCount(field);
        for (int i = 0; i < size; i++) {
          out.setRepeatedField(field, i, shown((Message) message.getRepeatedField(field, i)));
        }
      } else {
        out.setField(field, shown((Message) entry.getValue()));
      }
    }
    return out.build();
  }

  private Message shown(Message message) {
    if (!message.getDescriptorForType().getFullName().equals(ANY)) {
      return known(message);
    }
    Descriptor type = message.getDescriptorForType();
    Any any =
        Any.newBuilder()
            .setTypeUrl((String) message.getField(type.findFieldByNumber(1)))
            .setValue((ByteString) message.getField(type.findFieldByNumber(2)))
            .build();
    // An empty Any is legal and is printed as such.
    Any replaced = any.getTypeUrl().isEmpty() ? any : known(any);
    return message.toBuilder()
        .setField(type.findFieldByNumber(1), replaced.getTypeUrl())
        .setField(type.findFieldByNumber(2), replaced.getValue())
        .build();
  }

  private static Any hidden(Any any, String why) {
    String note = "not shown: " + any.getValue().size() + " bytes; " + why;
    return Any.pack(
        Struct.newBuilder()
            .putFields(HIDDEN, Value.newBuilder().setStringValue(any.getTypeUrl()).build())
            .putFields("note", Value.newBuilder().setStringValue(note).build())
            .build());
  }

  /** Puts the true type in the place of what stands for an unknown message. */
  private static JsonElement uncovered(JsonElement element) {
    if (element.isJsonArray()) {
      JsonArray out = new JsonArray();
      element.getAsJsonArray().forEach(child -> out.add(uncovered(child)));
      return out;
    }
    if (!element.isJsonObject()) {
      return element;
    }
    JsonObject object = element.getAsJsonObject();
    if (object.get("value") instanceof JsonObject value && value.has(HIDDEN)) {
      return note(value.get(HIDDEN).getAsString(), value.get("note").getAsString());
    }
    JsonObject out = new JsonObject();
    object.asMap().forEach((key, child) -> out.add(key, uncovered(child)));
    return out;
  }

  private static JsonObject note(String typeUrl, String text) {
    JsonObject out = new JsonObject();
    out.addProperty("@type", typeUrl);
    out.addProperty("heddle_note", text);
    return out;
  }
}

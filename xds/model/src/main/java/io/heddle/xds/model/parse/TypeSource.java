package io.heddle.xds.model.parse;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.heddle.xds.model.parse.Schema.Field;
import io.heddle.xds.model.parse.Schema.Label;
import io.heddle.xds.model.parse.Schema.MessageType;
import io.heddle.xds.model.parse.Schema.Support;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds messages that a document names by {@code @type}: ours in the schema, those of extensions by
 * loading their generated class, whose fields are then all left to the extension's factory.
 *
 * <p>Only what a document names is loaded. Owned by one parse.
 */
final class TypeSource {

  private final Map<String, MessageType> loaded = new HashMap<>();
  private final Map<String, Map<String, Integer>> loadedEnums = new HashMap<>();

  /** A message read here, or one of an extension on the class path. */
  Optional<MessageType> message(String name) {
    MessageType claimed = Schema.find(name);
    return claimed != null ? Optional.of(claimed) : extension(name);
  }

  /** The message as the extension sees it, even if it is one that is also read here. */
  Optional<MessageType> extension(String name) {
    MessageType known = loaded.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    return GeneratedTypes.descriptor(name).map(this::adopt);
  }

  Optional<Map<String, Integer>> enumOf(String name) {
    Map<String, Integer> claimed = Schema.findEnum(name);
    return Optional.ofNullable(claimed != null ? claimed : loadedEnums.get(name));
  }

  private MessageType adopt(Descriptor descriptor) {
    MessageType known = loaded.get(descriptor.getFullName());
    if (known != null) {
      return known;
    }
    MessageType type = new MessageType(descriptor.getFullName());
    loaded.put(type.name(), type);
    for (FieldDescriptor field : descriptor.getFields()) {
      type.add(field(field));
    }
    return type;
  }

  private Field field(FieldDescriptor field) {
    boolean map = field.isMapField();
    FieldDescriptor value = map ? field.getMessageType().findFieldByName("value") : field;
    Support support = Support.HONOURED;
    if (map
        && field.getMessageType().findFieldByName("key").getType() != FieldDescriptor.Type.STRING) {
      support = Support.REFUSED;
    }
    Label label =
        map
            ? Label.MAP
            : field.isRepeated()
                ? Label.REPEATED
                : field.hasPresence() ? Label.PRESENT : Label.PLAIN;
    String type =
        switch (value.getType()) {
          case MESSAGE, GROUP -> {
            Descriptor message = value.getMessageType();
            if (!message.getFullName().startsWith("google.protobuf.")) {
              adopt(message);
            }
            yield message.getFullName();
          }
          case ENUM -> {
            Map<String, Integer> numbers = new HashMap<>();
            value
                .getEnumType()
                .getValues()
                .forEach(constant -> numbers.put(constant.getName(), constant.getNumber()));
            loadedEnums.put(value.getEnumType().getFullName(), numbers);
            yield "enum " + value.getEnumType().getFullName();
          }
          default -> value.getType().name().toLowerCase(Locale.ROOT);
        };
    return Field.of(field.getNumber(), field.getName(), label, type, support);
  }
}

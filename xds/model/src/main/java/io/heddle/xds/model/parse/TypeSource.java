package io.heddle.xds.model.parse;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.heddle.xds.model.parse.Schema.Field;
import io.heddle.xds.model.parse.Schema.Label;
import io.heddle.xds.model.parse.Schema.MessageType;
import io.heddle.xds.model.parse.Schema.Support;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    @Nullable Descriptor descriptor = descriptor(name);
    if (descriptor == null || !descriptor.getFullName().equals(name)) {
      return Optional.empty();
    }
    return Optional.of(adopt(descriptor));
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

  /** The descriptor in the generated class; a document can name no class but a message of these. */
  static @Nullable Descriptor descriptor(String name) {
    String className = className(name);
    if (className.isEmpty()) {
      return null;
    }
    try {
      Class<?> found = Class.forName(className, false, TypeSource.class.getClassLoader());
      if (!Message.class.isAssignableFrom(found)) {
        return null;
      }
      return (Descriptor) found.getMethod("getDescriptor").invoke(null);
    } catch (ReflectiveOperationException | LinkageError _) {
      return null;
    }
  }

  /** {@code envoy.a.v3.B.C} is {@code io.envoyproxy.envoy.a.v3.B$C}; empty for other roots. */
  private static String className(String name) {
    String root;
    if (name.startsWith("envoy.")) {
      root = "io.envoyproxy.";
    } else if (name.startsWith("xds.") || name.startsWith("udpa.")) {
      root = "com.github.";
    } else {
      return "";
    }
    StringBuilder out = new StringBuilder(root);
    boolean withinClass = false;
    for (String part : name.split("\\.", -1)) {
      if (part.isEmpty() || !HeaderReader.isToken(part)) {
        return "";
      }
      if (out.length() > root.length()) {
        out.append(withinClass ? '$' : '.');
      }
      withinClass |= Character.isUpperCase(part.charAt(0));
      out.append(part);
    }
    return out.toString();
  }
}

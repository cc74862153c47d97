package io.heddle.proxy.filters.config;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.heddle.proxy.api.FilterConfigException;
import java.util.Set;

/** Makes sure that no field of a message is silently ignored. */
public final class SetFields {
  private SetFields() {}

  /**
   * Unpacks the message of this type.
   *
   * @throws FilterConfigException where it is another, or not well-formed
   */
  public static <T extends Message> T unpack(Any any, Class<T> type) throws FilterConfigException {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      FilterConfigException refused =
          new FilterConfigException("", any.getTypeUrl(), "a well-formed " + type.getSimpleName());
      refused.initCause(e);
      throw refused;
    }
  }

  /**
   * The same, and refuses every field of it that is set and not among those known.
   *
   * @param known as of {@link #allow}
   */
  public static <T extends Message> T unpack(Any any, Class<T> type, Set<String> known)
      throws FilterConfigException {
    T message = unpack(any, type);
    allow(message, "", known);
    return message;
  }

  /**
   * Refuses every field that is set and not among those known.
   *
   * @param path of the message; empty at the top
   * @param known names of fields that the caller honours, or documents as being without effect
   */
  public static void allow(Message message, String path, Set<String> known)
      throws FilterConfigException {
    Descriptor type = message.getDescriptorForType();
    for (int number : numbers(message)) {
      FieldDescriptor field = type.findFieldByNumber(number);
      if (field == null) {
        throw new FilterConfigException(
            at(path, "#" + number), "set", "a field known to this version of the API");
      }
      if (!known.contains(field.getName())) {
        throw new FilterConfigException(
            at(path, field.getName()), "set", "not set: it is not supported here");
      }
    }
  }

  /** From the encoding: a generated class may not be reflected on (distribution/StripGenerated). */
  private static Set<Integer> numbers(Message message) {
    try {
      return UnknownFieldSet.parseFrom(message.toByteString()).asMap().keySet();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a message that was encoded just now", e);
    }
  }

  /** A path one step longer. */
  public static String at(String path, String field) {
    return path.isEmpty() ? field : path + '.' + field;
  }

  /** A path to an element of a repeated field. */
  public static String at(String path, String field, int index) {
    return at(path, field) + '[' + index + ']';
  }
}

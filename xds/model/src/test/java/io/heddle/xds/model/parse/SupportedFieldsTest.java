package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.heddle.xds.model.parse.Schema.Field;
import io.heddle.xds.model.parse.Schema.Kind;
import io.heddle.xds.model.parse.Schema.Label;
import io.heddle.xds.model.parse.Schema.MessageType;
import io.heddle.xds.model.parse.Schema.Support;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Holds {@code supported-fields.txt} against the descriptors, field by field. */
class SupportedFieldsTest {

  @Test
  void everyFieldOfEveryClaimedMessageIsJudged() throws ReflectiveOperationException {
    List<String> differences = new ArrayList<>();
    for (MessageType message : Schema.all()) {
      Descriptor descriptor = descriptor(message.name());
      TreeMap<String, String> ours = new TreeMap<>();
      message.fields().forEach(field -> ours.put(field.name(), line(field)));
      TreeMap<String, String> theirs = new TreeMap<>();
      descriptor.getFields().forEach(field -> theirs.put(field.getName(), line(field)));
      if (!ours.equals(theirs)) {
        differences.add(message.name() + ": " + ours + " but in the proto " + theirs);
      }
    }
    assertThat(differences).isEmpty();
  }

  @Test
  void everyHonouredMessageIsClaimedAndEveryHonouredEnumKnown()
      throws ReflectiveOperationException {
    for (MessageType message : Schema.all()) {
      for (Field field : message.fields()) {
        if (field.support() != Support.HONOURED) {
          continue;
        }
        String where = message.name() + "." + field.name();
        if (field.kind() == Kind.MESSAGE && !field.type().startsWith("google.protobuf.")) {
          assertThat(Schema.find(field.type())).as(where).isNotNull();
        }
        if (field.kind() == Kind.ENUM) {
          Map<String, Integer> values =
              Optional.ofNullable(Schema.findEnum(field.type())).orElse(Map.of());
          TreeMap<String, Integer> theirs = new TreeMap<>();
          descriptor(message.name())
              .findFieldByName(field.name())
              .getEnumType()
              .getValues()
              .forEach(value -> theirs.put(value.getName(), value.getNumber()));
          assertThat(new TreeMap<>(values)).as(where).isEqualTo(theirs);
        }
      }
    }
  }

  private static String line(Field field) {
    return field.number() + " " + field.label() + " " + field.kind() + " " + field.type();
  }

  private static String line(FieldDescriptor field) {
    FieldDescriptor value =
        field.isMapField() ? field.getMessageType().findFieldByName("value") : field;
    Label label =
        field.isMapField()
            ? Label.MAP
            : field.isRepeated()
                ? Label.REPEATED
                : field.hasPresence() ? Label.PRESENT : Label.PLAIN;
    String type =
        switch (value.getType()) {
          case MESSAGE -> value.getMessageType().getFullName();
          case ENUM -> value.getEnumType().getFullName();
          default -> "";
        };
    Kind kind = Kind.valueOf(value.getType().name().toUpperCase(Locale.ROOT));
    return field.getNumber() + " " + label + " " + kind + " " + type;
  }

  private static Descriptor descriptor(String name) throws ReflectiveOperationException {
    for (String cel : List.of("cel.expr.", "google.api.expr.v1alpha1.")) {
      if (name.startsWith(cel)) {
        String types = (cel.startsWith("cel") ? "dev." : "com.") + cel;
        String className = types + name.substring(cel.length()).replace('.', '$');
        return (Descriptor) Class.forName(className).getMethod("getDescriptor").invoke(null);
      }
    }
    int version = name.indexOf(".v3.");
    String className =
        (name.startsWith("xds.") ? "com.github." : "io.envoyproxy.")
            + name.substring(0, version + 4)
            + name.substring(version + 4).replace('.', '$');
    return (Descriptor) Class.forName(className).getMethod("getDescriptor").invoke(null);
  }
}

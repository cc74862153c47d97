package io.heddle.contract.registration.v1;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Holds the contract against what has been released. A line of {@code released.txt} is a promise:
 * lines are added with each release and none is ever changed or taken away.
 */
class AdditiveOnlyTest {
  @Test
  void everythingReleasedIsThereUnchanged() throws Exception {
    Set<String> now = new TreeSet<>();
    FileDescriptor file = Announce.getDescriptor().getFile();
    file.getServices()
        .forEach(service ->
            service
                .getMethods()
                .forEach(method ->
                    now.add(
                        "rpc "
                            + method.getFullName()
                            + (method.isClientStreaming() ? " stream " : " ")
                            + method.getInputType().getFullName()
                            + (method.isServerStreaming() ? " stream " : " ")
                            + method.getOutputType().getFullName())));
    file.getMessageTypes().forEach(message -> describe(message, now));
    file.getEnumTypes().forEach(type -> describe(type, now));
    assertThat(now).containsAll(released());
  }

  private static void describe(Descriptor message, Set<String> into) {
    for (FieldDescriptor field : message.getFields()) {
      String type =
          switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
          };
      String oneof =
          field.getContainingOneof() == null ? "" : " of " + field.getContainingOneof().getName();
      into.add(
          "field "
              + message.getFullName()
              + " "
              + field.getNumber()
              + " "
              + field.getName()
              + (field.isRepeated() ? " repeated " : " ")
              + type
              + oneof);
    }
    message.getNestedTypes().forEach(nested -> describe(nested, into));
    message.getEnumTypes().forEach(nested -> describe(nested, into));
  }

  private static void describe(EnumDescriptor type, Set<String> into) {
    type.getValues()
        .forEach(value ->
            into.add(
                "value " + type.getFullName() + " " + value.getNumber() + " " + value.getName()));
  }

  private static List<String> released() throws IOException {
    try (InputStream file = AdditiveOnlyTest.class.getResourceAsStream("/released.txt")) {
      assertThat(file).isNotNull();
      List<String> lines =
          new String(file.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .toList();
      assertThat(lines).hasSizeGreaterThan(30);
      return lines;
    }
  }
}

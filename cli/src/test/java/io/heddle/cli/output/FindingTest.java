package io.heddle.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FindingTest {
  @Test
  void everyCodeIsUsedOnceAndDocumented() throws IOException, IllegalAccessException {
    String page = Files.readString(Path.of("..", "docs", "findings.md"));
    Set<String> codes = new HashSet<>();
    for (Field field : Finding.class.getFields()) {
      if (field.get(null) instanceof Finding.Kind kind) {
        assertThat(codes.add(kind.code())).as(kind.code()).isTrue();
        assertThat(page).contains("| " + kind.code() + " | ");
        assertThat(kind.mend()).isNotBlank();
      }
    }
    assertThat(codes).hasSizeGreaterThan(10);
  }

  @Test
  void saysCauseAndMend() {
    assertThat(Finding.PORT_TAKEN.about("--api-port", "port 1 is in use").text())
        .startsWith("HDL-3005  --api-port: port 1 is in use\n")
        .contains("mend: ");
  }
}

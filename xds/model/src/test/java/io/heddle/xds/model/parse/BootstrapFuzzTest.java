package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Any text as a bootstrap is read or refused with at least one error; the parser never throws. With
 * {@code heddle.fuzz.planted=BOOTSTRAP_FIELD_LOST} an error about a listener is dropped.
 */
final class BootstrapFuzzTest {
  private final BootstrapParser parser = new BootstrapParser(ParseOptions.STRICT);

  @FuzzTest(maxDuration = "60s")
  void isReadOrRefused(byte[] bytes) {
    if (bytes.length > 8_192) {
      return;
    }
    switch (parser.parse(new String(bytes, StandardCharsets.UTF_8))) {
      case Parsed.Ok<BootstrapConfig> good -> assertThat(good.value()).isNotNull();
      case Parsed.Refused<BootstrapConfig> refused -> {
        List<String> errors = refused.errors().stream().map(error -> error.message()).toList();
        if ("BOOTSTRAP_FIELD_LOST".equals(System.getProperty("heddle.fuzz.planted"))) {
          errors = errors.stream().filter(error -> !error.contains("listeners[0]")).toList();
        }
        assertThat(errors).isNotEmpty().noneMatch(String::isBlank);
      }
    }
  }
}

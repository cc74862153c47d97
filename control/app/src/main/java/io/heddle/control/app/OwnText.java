package io.heddle.control.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A text in a file that nobody else writes. */
final class OwnText implements TokenText {
  private final Path file;

  OwnText(Path file) {
    this.file = file;
  }

  @Override
  public Optional<String> read() throws IOException {
    return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
  }

  @Override
  public boolean replace(String text) throws IOException {
    OwnFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    return true;
  }

  @Override
  public void onChange(Consumer<String> listener) {
    // Nobody else writes it.
  }

  @Override
  public String describe() {
    return file.toString();
  }
}

package io.heddle.cli.process;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The state folder's {@code run/NAME.json}, one for each process. Files are replaced whole. */
public final class RunFolder {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path state;
  private final Path run;

  public RunFolder(Path state) {
    this.state = state;
    run = state.resolve("run");
  }

  public Path state() {
    return state;
  }

  public Path logOf(String name) {
    return state.resolve("logs").resolve(name + ".log");
  }

  /** Makes the folders; only their owner may read them, as commands and logs may tell much. */
  public void create() throws IOException {
    for (Path folder : List.of(state, run, state.resolve("logs"))) {
      Files.createDirectories(folder);
    }
    if (Files.getFileStore(state).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
      Files.setPosixFilePermissions(
          state.resolve("logs"), PosixFilePermissions.fromString("rwx------"));
    }
  }

  public Path lockFile() {
    return run.resolve("lock");
  }

  public void write(RunRecord record) {
    Path part = run.resolve(record.name() + ".json.part");
    try {
      Files.writeString(
          part, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(record.json()) + "\n");
      Files.move(part, file(record.name()), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot record the process " + record.name(), e);
    }
  }

  /** The record of that name; none when it is missing or was never finished. */
  public Optional<RunRecord> read(String name) {
    Path file = file(name);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonNode node = MAPPER.readTree(file.toFile());
      return node != null && node.path("pid").isIntegralNumber()
          ? Optional.of(RunRecord.of(node))
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** All records but the supervisor's, by name. */
  public List<RunRecord> readAll() {
    List<RunRecord> records = new ArrayList<>();
    for (String name : names()) {
      if (!name.equals(RunRecord.SUPERVISOR)) {
        read(name).ifPresent(records::add);
      }
    }
    return records;
  }

  public void remove(String name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the record of " + name, e);
    }
  }

  public void clear() {
    names().forEach(this::remove);
  }

  private List<String> names() {
    if (!Files.isDirectory(run)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(run)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".json"))
          .map(file -> file.substring(0, file.length() - ".json".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + run, e);
    }
  }

  private Path file(String name) {
    return run.resolve(name + ".json");
  }
}

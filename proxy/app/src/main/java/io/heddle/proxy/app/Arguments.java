package io.heddle.proxy.app;

import io.heddle.proxy.app.logging.LogLevel;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One verb's command line: its options, and typed access to what was given. Problems are gathered,
 * so that all are told at once.
 *
 * <p>Written by hand for the hot start: the library that the other programs use took a fifth of the
 * time to the first response, as its classes are too old to go into the start-up cache.
 */
final class Arguments {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]{1,253}");

  private final Declaration declared;

  /** By the option's last name. */
  private final Map<String, String> given;

  private final List<String> problems = new ArrayList<>();

  private Arguments(Declaration declared, Map<String, String> given) {
    this.declared = declared;
    this.given = given;
  }

  /**
   * An option.
   *
   * @param label what its value is called; empty for a flag
   * @param names short one first, the one it is asked for by last
   */
  private record Option(String label, String help, List<String> names) {
    boolean flag() {
      return label.isEmpty();
    }

    String usage() {
      return String.join(", ", names) + (flag() ? "" : "=" + label);
    }
  }

  /** Gathers the options of a verb. */
  static final class Declaration {
    private static final int COLUMN = 38;

    private final String verb;
    private final String description;
    private final List<Option> options = new ArrayList<>();

    Declaration(String verb, String description) {
      this.verb = verb;
      this.description = description;
      flag("Show this help.", "-h", "--help");
      flag("Show the version.", "--version");
    }

    Declaration option(String label, String help, String... names) {
      options.add(new Option(label, help, List.of(names)));
      return this;
    }

    Declaration flag(String help, String... names) {
      options.add(new Option("", help, List.of(names)));
      return this;
    }

    /** Takes {@code --name value}, {@code --name=value} and flags; nothing else. */
    Arguments parse(List<String> args) throws UsageException {
      Map<String, String> given = new TreeMap<>();
      List<String> problems = new ArrayList<>();
      for (int i = 0; i < args.size(); i++) {
        String arg = args.get(i);
        int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
        String name = equals < 0 ? arg : arg.substring(0, equals);
        Option option = find(name);
        if (option == null) {
          problems.add("unknown option: " + arg);
          continue;
        }
        String value = equals < 0 ? "" : arg.substring(equals + 1);
        if (option.flag() && equals >= 0) {
          problems.add(name + ": found a value, expected none");
        } else if (!option.flag() && equals < 0) {
          i++;
          if (i == args.size()) {
            problems.add(name + ": expected " + option.label());
          } else {
            value = args.get(i);
          }
        }
        if (given.put(option.names().getLast(), value) != null) {
          problems.add(name + ": found twice, expected once");
        }
      }
      if (!problems.isEmpty()) {
        throw new UsageException(String.join("\n", problems));
      }
      return new Arguments(this, given);
    }

    private @Nullable Option find(String name) {
      for (Option option : options) {
        if (option.names().contains(name)) {
          return option;
        }
      }
      return null;
    }

    private String usage() {
      StringBuilder out = new StringBuilder(2048);
      out.append("Usage: heddle ").append(verb).append(" [OPTIONS]\n\n");
      out.append(description).append("\n\n");
      for (Option option : options) {
        String left = "  " + option.usage();
        out.append(left).append(" ".repeat(Math.max(1, COLUMN - left.length())));
        out.append(option.help()).append('\n');
      }
      return out.append("\nExit codes: 0 done, 1 failed, 64 wrong command line.\n").toString();
    }
  }

  String usage() {
    return declared.usage();
  }

  boolean has(String name) {
    return given.containsKey(name);
  }

  String text(String name, String otherwise) {
    return given.getOrDefault(name, otherwise);
  }

  Optional<Path> path(String name) {
    return has(name) ? Optional.of(Path.of(text(name, ""))) : Optional.empty();
  }

  String required(String name) {
    if (!has(name)) {
      problems.add(name + " is missing");
    }
    return text(name, "");
  }

  /** A DNS label, as names in the mesh are. */
  String label(String name, String otherwise) {
    String value = text(name, otherwise);
    if (!value.isEmpty() && !LABEL.matcher(value).matches()) {
      problems.add(name + ": found " + value + ", expected a DNS label such as orders");
    }
    return value;
  }

  /** 1 to 253 printable characters without spaces; empty where it is not given. */
  String token(String name) {
    String value = text(name, "");
    if (has(name) && !PRINTABLE.matcher(value).matches()) {
      problems.add(name + ": found " + value + ", expected 1 to 253 printable characters");
    }
    return value;
  }

  int number(String name, int otherwise, int least, int most) {
    String value = text(name, "");
    if (!has(name)) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Told below, as a number out of range is.
    }
    problems.add(name + ": found " + value + ", expected " + least + " to " + most);
    return otherwise;
  }

  String choice(String name, String otherwise, String... allowed) {
    String value = text(name, otherwise);
    if (!List.of(allowed).contains(value)) {
      problems.add(name + ": found " + value + ", expected " + String.join(" or ", allowed));
    }
    return value;
  }

  String address(String name, String otherwise) {
    String value = text(name, otherwise);
    if (!NetUtil.isValidIpV4Address(value) && !NetUtil.isValidIpV6Address(value)) {
      problems.add(name + ": found " + value + ", expected an IP address");
    }
    return value;
  }

  /** {@code HOST:PORT}, with a scheme in front or not. */
  String hostPort(String name) {
    return hostPort(name, required(name));
  }

  /** One {@code HOST:PORT} or several behind commas. */
  String hostPorts(String name) {
    List<String> all = new ArrayList<>();
    for (String one : required(name).split(",", -1)) {
      all.add(hostPort(name, one));
    }
    return String.join(",", all);
  }

  private String hostPort(String name, String given) {
    String value = given;
    for (String scheme : List.of("http://", "grpc://")) {
      if (value.startsWith(scheme)) {
        value = value.substring(scheme.length());
      }
    }
    int colon = value.lastIndexOf(':');
    String port = value.substring(colon + 1);
    boolean fine =
        colon > 0
            && port.matches("[0-9]{1,5}")
            && Integer.parseInt(port) >= 1
            && Integer.parseInt(port) <= 65_535
            && PRINTABLE.matcher(value).matches()
            && value.indexOf('/') < 0;
    if (has(name) && !fine) {
      problems.add(name + ": found " + value + ", expected HOST:PORT");
    }
    return value;
  }

  Map<String, String> labels(String name) {
    Map<String, String> labels = new TreeMap<>();
    String value = text(name, "");
    if (value.isEmpty()) {
      return labels;
    }
    for (String pair : value.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        problems.add(name + ": found " + pair + ", expected KEY=VALUE");
      } else if (labels.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
        problems.add(name + ": found " + pair.substring(0, equals) + " twice, expected once");
      }
    }
    return labels;
  }

  void logLevel(String name) {
    if (has(name)) {
      String value = text(name, "");
      LogLevel.parse(value)
          .ifPresentOrElse(
              LogLevel::set,
              () -> problems.add(name + ": found " + value + ", expected " + LogLevel.names()));
    }
  }

  void problem(String text) {
    problems.add(text);
  }

  /** Ends the reading of the options: all that is wrong with them, if anything is. */
  void check() throws UsageException {
    if (!problems.isEmpty()) {
      throw new UsageException(String.join("\n", problems));
    }
  }
}

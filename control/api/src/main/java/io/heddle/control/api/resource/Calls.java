package io.heddle.control.api.resource;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the sidecars of a Service are told of: the Services that it says to call, by its annotation
 * {@value #ANNOTATION}. Without one it may call all.
 *
 * <p>Written as names with commas between them: {@code NAME} of the same namespace, {@code
 * NAMESPACE/NAME}, {@code NAMESPACE/*}, or {@code *} for all. Nothing at all is nobody.
 *
 * @param everything whether nothing is left out
 * @param namespaces all of whose Services are called
 */
public record Calls(boolean everything, Set<String> namespaces, Set<ObjectKey> services) {
  public static final String ANNOTATION = "heddle.io/calls";

  /** Of a Service that says nothing. */
  public static final Calls ALL = new Calls(true, Set.of(), Set.of());

  /** What can be read, for messages. */
  public static final String EXPECTED =
      "NAME, NAMESPACE/NAME, NAMESPACE/* or *, with commas between them";

  private static final String LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern WORD =
      Pattern.compile("\\*|" + LABEL + "(?:/(?:\\*|" + LABEL + "))?");
  private static final int MOST = 1_024;

  public Calls {
    namespaces = Set.copyOf(namespaces);
    services = Set.copyOf(services);
  }

  /** What a Service that was parsed says. */
  public static Calls of(ResourceObject service) {
    String text = service.metadata().annotations().get(ANNOTATION);
    return text == null || problem(text).isPresent()
        ? ALL
        : parse(service.metadata().namespace(), text);
  }

  /** The word that cannot be read. */
  public static Optional<String> problem(String text) {
    List<String> words = words(text);
    if (words.size() > MOST) {
      return Optional.of(words.size() + " names");
    }
    return words.stream()
        .filter(word -> !WORD.matcher(word).matches())
        .findFirst()
        .map(word -> '"' + (word.length() > 100 ? word.substring(0, 100) + "..." : word) + '"');
  }

  private static List<String> words(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
  }

  private static Calls parse(String namespace, String text) {
    boolean everything = false;
    Set<String> namespaces = new TreeSet<>();
    Set<ObjectKey> services = new TreeSet<>();
    for (String word : words(text)) {
      int slash = word.indexOf('/');
      String in = slash < 0 ? namespace : word.substring(0, slash);
      String name = word.substring(slash + 1);
      if (!name.equals("*")) {
        services.add(new ObjectKey(Kind.SERVICE, in, name));
      } else if (slash < 0) {
        everything = true;
      } else {
        namespaces.add(in);
      }
    }
    return new Calls(everything, namespaces, services);
  }

  /** Whether that Service is called. */
  public boolean includes(ObjectKey service) {
    return everything || namespaces.contains(service.namespace()) || services.contains(service);
  }
}

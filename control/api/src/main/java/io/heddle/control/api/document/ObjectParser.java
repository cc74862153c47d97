package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects from texts that hold YAML documents parted by {@code ---}, or one JSON document. A
 * document of {@code kind: List} stands for its items. Bounded: {@value #MAX_BYTES} characters and
 * {@value #MAX_DOCUMENTS} objects a call. A {@code status} is accepted and dropped, so that what
 * was read can be applied again.
 */
public final class ObjectParser {
  static final int MAX_BYTES = 4 * 1024 * 1024;
  static final int MAX_DOCUMENTS = 10_000;

  private final Problems problems = new Problems();
  private final List<ParsedObject> parsed = new ArrayList<>();
  private final Map<ObjectKey, ParsedObject> seen = new HashMap<>();
  private final boolean stored;
  private int documents;

  private ObjectParser(boolean stored) {
    this.stored = stored;
  }

  /** Reads one text; {@code file} is how errors name it. */
  public static ParseResult parse(String file, String text) {
    return parse(List.of(new SourceText(file, text)));
  }

  /** Reads several texts as one: an object may stand in only one of them. */
  public static ParseResult parse(List<SourceText> texts) {
    return parse(texts, false);
  }

  /** Reads what a store wrote: also a secret whose data is only known to have been there. */
  public static ParseResult parseStored(String file, String text) {
    return parse(List.of(new SourceText(file, text)), true);
  }

  private static ParseResult parse(List<SourceText> texts, boolean stored) {
    ObjectParser parser = new ObjectParser(stored);
    long size = 0;
    for (SourceText text : texts) {
      size += text.text().length();
      if (size > MAX_BYTES) {
        parser.problems.about(text.file(), "");
        parser.problems.add(1, "", "more than 4 MiB in all", "at most 4 MiB");
        break;
      }
      parser.readText(text);
    }
    return new ParseResult(parser.parsed, parser.problems.all());
  }

  private void readText(SourceText source) {
    String text = source.text().startsWith("\ufeff") ? source.text().substring(1) : source.text();
    problems.about(source.file(), "");
    if (text.stripLeading().startsWith("{") && readJson(text)) {
      return;
    }
    for (DocumentSplitter.Piece piece : DocumentSplitter.split(text)) {
      problems.about(source.file(), "");
      try {
        SourceNode root = YamlSource.read(piece.text(), piece.linesBefore());
        if (root != null) {
          readDocument(root);
        }
      } catch (SourceSyntaxException e) {
        problems.add(e.line(), "", e.offending(), e.expected());
      }
    }
  }

  /** Whether the text was JSON; else it may still be YAML in flow style, or broken JSON. */
  private boolean readJson(String text) {
    try {
      SourceNode root = JsonSource.read(text);
      if (root != null) {
        readDocument(root);
      }
      return true;
    } catch (SourceSyntaxException json) {
      if (isYaml(text)) {
        return false;
      }
      problems.add(json.line(), "", json.offending(), json.expected());
      return true;
    }
  }

  private static boolean isYaml(String text) {
    try {
      for (DocumentSplitter.Piece piece : DocumentSplitter.split(text)) {
        YamlSource.read(piece.text(), piece.linesBefore());
      }
      return true;
    } catch (SourceSyntaxException _) {
      return false; // the caller reports what is wrong with it as JSON
    }
  }

  private void readDocument(SourceNode root) {
    if (root instanceof SourceNode.Scalar scalar && scalar.kind() == SourceNode.ScalarKind.NULL) {
      return;
    }
    if (!(root instanceof SourceNode.Mapping mapping)) {
      problems.add(
          root.line(), "", root.describe(), "an object with apiVersion, kind, metadata, spec");
      return;
    }
    if (textOf(mapping, "kind").equals("List") && textOf(mapping, "apiVersion").equals("v1")) {
      readList(mapping);
    } else {
      readObject(mapping);
    }
  }

  private void readList(SourceNode.Mapping list) {
    Fields fields = new Fields(problems, list, "");
    fields.ignore("apiVersion");
    fields.ignore("kind");
    fields.ignore("metadata");
    for (Fields.Item item : fields.list("items", MAX_DOCUMENTS)) {
      if (item.node() instanceof SourceNode.Mapping mapping) {
        readObject(mapping);
        problems.about(problems.file(), "");
      } else {
        problems.add(item.node().line(), item.path(), item.node().describe(), "an object");
      }
    }
    fields.end();
  }

  private void readObject(SourceNode.Mapping document) {
    if (++documents > MAX_DOCUMENTS) {
      if (documents == MAX_DOCUMENTS + 1) {
        problems.add(
            document.line(), "", "more than " + MAX_DOCUMENTS + " objects", "at most that many");
      }
      return;
    }
    int before = problems.count();
    problems.about(problems.file(), label(document));
    Fields fields = new Fields(problems, document, "");
    Kind kind = kind(fields);
    if (kind == null) {
      return;
    }
    ResourceObject object = ObjectReader.read(kind, fields, stored);
    if (problems.count() == before) {
      keep(new ParsedObject(object, problems.file(), document.line()));
    }
  }

  private void keep(ParsedObject object) {
    ParsedObject earlier = seen.putIfAbsent(object.object().key(), object);
    if (earlier == null) {
      parsed.add(object);
    } else {
      problems.add(
          object.line(),
          "metadata.name",
          "the same object as at " + earlier.file() + ":" + earlier.line(),
          "each object once");
    }
  }

  private static @Nullable Kind kind(Fields fields) {
    String apiVersion = fields.requiredText("apiVersion", Syntax.ANY);
    String name = fields.requiredText("kind", Syntax.ANY);
    if (apiVersion.isEmpty() || name.isEmpty()) {
      return null;
    }
    Optional<Kind> kind = Kinds.ofDocument(apiVersion, name);
    if (kind.isPresent()) {
      return kind.get();
    }
    List<String> known = new ArrayList<>();
    for (Kind candidate : Kinds.all()) {
      if (candidate.kindName().equals(name)) {
        fields.wrong("apiVersion", Problems.quote(apiVersion), candidate.apiVersion());
        return null;
      }
      known.add(candidate.kindName());
    }
    fields.wrong(
        "kind", Problems.quote(name) + " is not supported", "one of " + String.join(", ", known));
    return null;
  }

  /** How messages name the object, as far as its document says. */
  private static String label(SourceNode.Mapping document) {
    String kind = Problems.shorten(textOf(document, "kind"));
    SourceNode.Entry metadata = document.entries().get("metadata");
    if (metadata == null || !(metadata.value() instanceof SourceNode.Mapping fields)) {
      return kind;
    }
    String namespace = textOf(fields, "namespace");
    String name = textOf(fields, "name");
    return kind
        + " "
        + Problems.shorten(namespace.isEmpty() ? ObjectMeta.DEFAULT_NAMESPACE : namespace)
        + "/"
        + Problems.shorten(name);
  }

  private static String textOf(SourceNode.Mapping mapping, String field) {
    LinkedHashMap<String, SourceNode.Entry> entries = mapping.entries();
    SourceNode.Entry entry = entries.get(field);
    return entry != null && entry.value() instanceof SourceNode.Scalar scalar ? scalar.text() : "";
  }
}

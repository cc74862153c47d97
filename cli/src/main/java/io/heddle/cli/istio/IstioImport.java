package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads documents with Istio's kinds and makes objects of ours. Of the documents together: the
 * subsets that a DestinationRule defines, and the ports of Services, are known to all of them.
 */
public final class IstioImport {
  private static final int LARGEST = 4 << 20;
  private static final String GROUP = "networking.istio.io/";

  /** A document: its kind and place, and the file it stands in. */
  private record Document(String file, String apiVersion, String kind, JsonNode tree) {
    String name() {
      return tree.at("/metadata/name").asText("");
    }

    String namespace() {
      return tree.at("/metadata/namespace").asText("default");
    }

    boolean isIstio(String wanted) {
      return apiVersion.startsWith(GROUP) && kind.equals(wanted);
    }

    String label() {
      return file + ": " + kind + " " + namespace() + "/" + name();
    }
  }

  private final Notes notes = new Notes();
  private final Objects objects = new Objects(notes);
  private final Hosts hosts = new Hosts();
  private final List<Document> documents = new ArrayList<>();

  /**
   * Takes a file in.
   *
   * @throws CommandFailure when it is no YAML or JSON
   */
  public void add(String file, String text) {
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(LARGEST).setLabel(file).build();
    try {
      for (Object document : new Load(settings).loadAllFromString(text)) {
        if (document != null) {
          add(file, new ObjectMapper().valueToTree(document));
        }
      }
    } catch (YamlEngineException | IllegalArgumentException e) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(file, "is not valid YAML: " + e.getMessage()), e);
    }
  }

  private void add(String file, JsonNode tree) {
    if (tree.path("kind").asText("").equals("List")) {
      tree.path("items").forEach(item -> add(file, item));
      return;
    }
    documents.add(
        new Document(file, tree.path("apiVersion").asText(""), tree.path("kind").asText(""), tree));
  }

  /** Makes the objects of all that was taken in. */
  public ArrayNode run() {
    Set<Backends.Subset> defined = new HashSet<>();
    for (Document document : documents) {
      if (document.kind().equals("Service") && document.apiVersion().equals("v1")) {
        service(document);
      } else if (document.isIstio("DestinationRule")) {
        JsonNode spec = document.tree().path("spec");
        Hosts.service(spec.path("host").asText(""), document.namespace())
            .ifPresent(host ->
                spec.path("subsets")
                    .forEach(subset ->
                        defined.add(new Backends.Subset(host, subset.path("name").asText("")))));
      }
    }
    Map<Backends.Subset, Set<Integer>> used = new LinkedHashMap<>();
    for (Document document : documents) {
      if (document.isIstio("VirtualService")) {
        Backends backends =
            new Backends(
                document.namespace(),
                hosts,
                defined,
                (subset, port) -> used.computeIfAbsent(subset, s -> new TreeSet<>()).add(port));
        new VirtualServices(objects, notes)
            .read(spec(document), document.name(), document.namespace(), backends);
      }
    }
    for (Document document : documents) {
      if (document.isIstio("DestinationRule")) {
        new DestinationRules(objects, hosts, used)
            .read(spec(document), document.name(), document.namespace());
      } else if (!document.isIstio("VirtualService")) {
        notCarried(document);
      }
    }
    return objects.made();
  }

  private Source spec(Document document) {
    Source whole = new Source(document.tree(), document.label(), "", notes);
    whole.ignore("apiVersion", "kind", "metadata", "status");
    Source spec = whole.object("spec");
    whole.end();
    return spec;
  }

  private void service(Document document) {
    Set<Integer> ports = new LinkedHashSet<>();
    document.tree().at("/spec/ports").forEach(port -> ports.add(port.path("port").asInt()));
    Map<String, String> selector = new LinkedHashMap<>();
    document
        .tree()
        .at("/spec/selector")
        .properties()
        .forEach(e -> selector.put(e.getKey(), e.getValue().asText("")));
    hosts.add(new Hosts.Service(document.namespace(), document.name()), ports, selector);
  }

  private void notCarried(Document document) {
    String why =
        switch (document.kind()) {
          case "Service" -> document.apiVersion().equals("v1") ? "" : "is no kind of Istio's";
          case "Gateway" ->
              document.apiVersion().startsWith(GROUP)
                  ? "write a Gateway of the Gateway API with this name: listeners, ports and"
                      + " certificates are stated differently there"
                  : "is no kind of Istio's: apply it as it is";
          case "ServiceEntry" -> "write a Service, and a WorkloadEntry for each of its endpoints";
          default ->
              document.apiVersion().contains("istio.io/")
                  ? "only VirtualService and DestinationRule are carried over"
                  : "is no kind of Istio's: apply it as it is";
        };
    if (!why.isEmpty()) {
      notes.kind(document.label(), why);
    }
  }

  /** What could not be carried over. */
  public Notes notes() {
    return notes;
  }
}

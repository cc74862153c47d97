package io.heddle.xds.model.parse;

import com.github.xds.type.matcher.v3.Matcher;
import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.common.matching.v3.ExtensionWithMatcher;
import io.envoyproxy.envoy.extensions.common.matching.v3.ExtensionWithMatcherPerRoute;
import io.envoyproxy.envoy.extensions.filters.common.matcher.action.v3.SkipFilter;
import io.envoyproxy.envoy.extensions.filters.http.composite.v3.ExecuteFilterAction;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterAction;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.MatchTree.Branch;
import io.heddle.xds.model.MatchedFilterConfig;
import io.heddle.xds.model.MatchedFilterConfig.Executed;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads HTTP filters that stand behind a decision, wherever they are configured. Nothing that is
 * read throws. Stateless.
 */
public final class MatchedFilterParser {
  /** A filter behind a decision. */
  public static final String FILTER = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";

  /** What a route decides in the place of the filter. */
  public static final String PER_ROUTE =
      "envoy.extensions.common.matching.v3.ExtensionWithMatcherPerRoute";

  /** The filter that is whatever was decided on. */
  public static final String COMPOSITE = "envoy.extensions.filters.http.composite.v3.Composite";

  private static final String SKIP = "envoy.extensions.filters.common.matcher.action.v3.SkipFilter";
  private static final String EXECUTE =
      "envoy.extensions.filters.http.composite.v3.ExecuteFilterAction";
  private static final ExtensionConfig NOTHING =
      new ExtensionConfig("", "", Any.getDefaultInstance(), false, false);
  private static final MatchTree<FilterAction> NO_TREE =
      new MatchTree<>(new Branch.Cases<>(List.of()), Optional.empty());

  private final Findings findings = new Findings("", ParseOptions.LENIENT);
  private final List<Executed> executed = new ArrayList<>();
  private final boolean mayExecute;

  private MatchedFilterParser(boolean mayExecute) {
    this.mayExecute = mayExecute;
  }

  /** Reads a filter and its decision; paths in what is wrong begin below the message. */
  public static Parsed<MatchedFilterConfig> filter(Any config) {
    MatchedFilterParser whole = new MatchedFilterParser(true);
    Optional<ExtensionWithMatcher> message =
        whole.findings.unpack(config, FILTER, ExtensionWithMatcher.parser(), Path.ROOT);
    if (message.isEmpty()) {
      return whole.findings.conclude(new MatchedFilterConfig(Optional.empty(), List.of(), NO_TREE));
    }
    ExtensionConfig filter =
        whole.inner(message.get().getExtensionConfig(), Path.ROOT.field("extension_config"));
    boolean composite = ExtensionReader.typeName(filter.config()).equals(COMPOSITE);
    MatchedFilterParser parser = new MatchedFilterParser(composite);
    MatchTree<FilterAction> tree =
        parser.tree(message.get().hasXdsMatcher(), message.get().getXdsMatcher());
    if (whole.findings.failed()) {
      return whole.findings.conclude(new MatchedFilterConfig(Optional.empty(), List.of(), NO_TREE));
    }
    return parser.findings.conclude(
        new MatchedFilterConfig(Optional.of(filter), parser.executed, tree));
  }

  /** Reads what a route decides. */
  public static Parsed<MatchedFilterConfig> perRoute(Any config) {
    // Whether the filter is a composite one is not known here.
    MatchedFilterParser parser = new MatchedFilterParser(true);
    MatchTree<FilterAction> tree =
        parser
            .findings
            .unpack(config, PER_ROUTE, ExtensionWithMatcherPerRoute.parser(), Path.ROOT)
            .map(message -> parser.tree(message.hasXdsMatcher(), message.getXdsMatcher()))
            .orElse(NO_TREE);
    return parser.findings.conclude(
        new MatchedFilterConfig(Optional.empty(), parser.executed, tree));
  }

  private MatchTree<FilterAction> tree(boolean set, Matcher matcher) {
    Path path = Path.ROOT.field("xds_matcher");
    if (!set) {
      findings.error(path, "nothing", "a matcher");
      return NO_TREE;
    }
    return new MatchTreeReader<>(
            findings,
            new MatchReader(findings),
            new MatchInputReader(findings, true),
            (action, at) -> action(action.getTypedConfig(), at.field("typed_config")))
        .read(matcher, path);
  }

  private FilterAction action(Any config, Path path) {
    String type = ExtensionReader.typeName(config);
    if (type.equals(EXECUTE) && mayExecute) {
      return findings
          .unpack(config, EXECUTE, ExecuteFilterAction.parser(), path)
          .map(action -> execute(action, path))
          .orElse(FilterAction.Skip.SKIP);
    }
    if (type.equals(SKIP)) {
      var _ = findings.unpack(config, SKIP, SkipFilter.parser(), path);
    } else {
      findings.error(
          path,
          type.isEmpty() ? "no type" : type,
          Findings.TYPE_PREFIX + SKIP + (mayExecute ? ", or " + EXECUTE : ""));
    }
    return FilterAction.Skip.SKIP;
  }

  private FilterAction execute(ExecuteFilterAction action, Path path) {
    Path here = path.field("typed_config");
    ExtensionConfig filter = inner(action.getTypedConfig(), here);
    if (ExtensionReader.typeName(filter.config()).equals(COMPOSITE)) {
      findings.error(here, COMPOSITE, "a filter that does something by itself");
    }
    executed.add(
        new Executed(
            filter,
            new MatchReader(findings)
                .share(
                    action.hasSamplePercent(),
                    action.getSamplePercent(),
                    path.field("sample_percent")),
            action.getSamplePercent().getRuntimeKey(),
            here.field("typed_config").toString()));
    return new FilterAction.Execute(executed.size() - 1);
  }

  /** A filter within, which makes no decision of its own. */
  private ExtensionConfig inner(TypedExtensionConfig extension, Path path) {
    if (!extension.hasTypedConfig()) {
      findings.error(path, "nothing", "a filter");
      return NOTHING;
    }
    findings.required(extension.getName(), path.field("name"));
    Path here = path.field("typed_config");
    ExtensionConfig read =
        ExtensionReader.read(
            extension.getName(), extension.getTypedConfig(), false, false, here, findings);
    if (ExtensionReader.typeName(extension.getTypedConfig()).equals(FILTER)) {
      findings.error(here, FILTER, "a filter that stands behind no other decision");
    }
    return read;
  }
}

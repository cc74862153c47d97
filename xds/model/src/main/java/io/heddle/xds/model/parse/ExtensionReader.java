package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionSource;
import io.heddle.xds.model.SourceConfig;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Reads extensions, whose messages are left to their factories. */
final class ExtensionReader {

  private static final String FILTER_CONFIG = "envoy.config.route.v3.FilterConfig";

  private static final String PER_FILTER = "typed_per_filter_config";

  private ExtensionReader() {}

  /** The full name of the message in an {@code Any}; empty where it has none. */
  static String typeName(Any any) {
    String url = any.getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  static ExtensionConfig read(
      String name, Any any, boolean optional, boolean disabled, Path path, Findings findings) {
    checkType(any, optional, path, findings);
    return new ExtensionConfig(name, any.getTypeUrl(), any, optional, disabled);
  }

  /** One whose configuration is fetched under its name. */
  static ExtensionConfig discovered(
      String name,
      ExtensionConfigSource source,
      boolean optional,
      boolean disabled,
      Path path,
      Findings findings) {
    findings.fetched(name, path);
    SourceConfig from =
        SourceReader.read(
            source.hasConfigSource(),
            source.getConfigSource(),
            path.field("config_source"),
            findings);
    if (source.getTypeUrlsCount() == 0) {
      findings.error(path.field("type_urls"), "no type", "at least one type URL");
    }
    Set<String> types = new LinkedHashSet<>();
    for (int i = 0; i < source.getTypeUrlsCount(); i++) {
      String url = source.getTypeUrls(i);
      if (url.isEmpty()) {
        findings.error(path.at("type_urls", i), "nothing", "a type URL");
      }
      types.add(url.contains("/") ? url : Findings.TYPE_PREFIX + url);
    }
    Optional<Any> byDefault = Optional.empty();
    if (source.hasDefaultConfig()) {
      Path here = path.field("default_config");
      byDefault = Optional.of(source.getDefaultConfig());
      checkType(source.getDefaultConfig(), false, here, findings);
      if (!types.contains(source.getDefaultConfig().getTypeUrl())) {
        findings.error(here, source.getDefaultConfig().getTypeUrl(), "one of type_urls");
      }
    } else if (source.getApplyDefaultConfigWithoutWarming()) {
      findings.error(
          path.field("apply_default_config_without_warming"), "true", "default_config beside it");
    }
    return new ExtensionConfig(
        name,
        "",
        Any.getDefaultInstance(),
        optional,
        disabled,
        Optional.of(
            new ExtensionSource(
                from, byDefault, source.getApplyDefaultConfigWithoutWarming(), types)));
  }

  static void checkType(Any any, boolean optional, Path path, Findings findings) {
    String url = any.getTypeUrl();
    if (typeName(any).isEmpty() || url.indexOf('/') < 0) {
      findings.error(
          path,
          url.isEmpty() ? "no type" : url,
          "a message with a type URL " + Findings.TYPE_PREFIX + "…");
    } else if (typeName(any).endsWith(".TypedStruct") && !optional) {
      findings.refuse(path, url);
    }
  }

  /** What overrides filters by name; a {@code FilterConfig} round a message is taken off. */
  static Map<String, ExtensionConfig> perFilter(
      Supplier<Map<String, Any>> getter, Path path, Findings findings) {
    Map<String, Any> configs = findings.map(PER_FILTER, getter);
    if (configs.isEmpty()) {
      return Map.of();
    }
    Map<String, ExtensionConfig> read = new LinkedHashMap<>();
    configs.forEach((name, any) -> {
      Path here = path.key(PER_FILTER, name);
      findings.required(name, here);
      if (!typeName(any).equals(FILTER_CONFIG)) {
        read.put(name, read(name, any, false, false, here, findings));
        return;
      }
      findings
          .unpack(any, FILTER_CONFIG, FilterConfig.parser(), here)
          .ifPresent(wrapped -> read.put(name, unwrap(name, wrapped, here, findings)));
    });
    return read;
  }

  private static ExtensionConfig unwrap(
      String name, FilterConfig wrapped, Path path, Findings findings) {
    boolean onlySwitches = !wrapped.hasConfig();
    if (!onlySwitches) {
      checkType(wrapped.getConfig(), wrapped.getIsOptional(), path.field("config"), findings);
    }
    return new ExtensionConfig(
        name,
        wrapped.getConfig().getTypeUrl(),
        wrapped.getConfig(),
        wrapped.getIsOptional(),
        wrapped.getDisabled());
  }
}

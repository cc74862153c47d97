package io.heddle.control.api.document;

import io.heddle.control.api.resource.ResourceObject;
import java.util.List;

/**
 * What documents hold.
 *
 * @param parsed the objects that were understood, in the order of the documents
 * @param errors everything that is wrong; when there is any, nothing should be applied
 */
public record ParseResult(List<ParsedObject> parsed, List<ObjectError> errors) {
  public ParseResult {
    parsed = List.copyOf(parsed);
    errors = List.copyOf(errors);
  }

  public boolean valid() {
    return errors.isEmpty();
  }

  public List<ResourceObject> objects() {
    return parsed.stream().map(ParsedObject::object).toList();
  }
}

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassHierarchyResolver.ClassHierarchyInfo;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.PseudoInstruction;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Leaves in jars of classes that protobuf generated only the classes and methods which the other
 * jars of a class path call, directly or through each other. The jar of the xDS messages has 14,000
 * entries, and its classes more methods than all else together: a JVM keeps the names of the first
 * and a start-up cache the second in the memory of every proxy.
 *
 * <p>What is called only by a name made at run time is gone. With protobuf that is reflection on a
 * generated message ({@code getAllFields}, {@code toString}, JSON): programs reflect on a {@code
 * DynamicMessage} in its place. The descriptors of all files stay, and {@code
 * META-INF/heddle/messages.txt} says in which class are those of the messages that have gone.
 * Fields, constructors, what overrides a method of a class elsewhere, and all under META-INF
 * (licences above all) stay too. The same input gives the same bytes.
 *
 * <p>{@code java StripGenerated.java FOLDER PREFIX...}: the jars of the folder whose names begin
 * with a prefix. Ends with 1, and a line that says why, where it cannot.
 */
final class StripGenerated {
  private static final Pattern TYPE = Pattern.compile("L([^;]+);");
  private static final String INDEX = "META-INF/heddle/messages.txt";

  /**
   * What programs, and protobuf's own {@code Any.unpack}, look up by name in a class that they
   * have.
   */
  private static final Set<String> BY_NAME = Set.of("getDescriptor", "getDefaultInstance");

  private static final String EXTENSION =
      "Lcom/google/protobuf/GeneratedMessage$GeneratedExtension;";
  private static final ClassFile READER = ClassFile.of();

  /** A method of a class, or of whatever inherits it. */
  private record Member(String owner, String name, String descriptor) {}

  private final Map<String, ClassModel> generated = new HashMap<>();
  private final Map<String, Set<String>> supertypes = new HashMap<>();
  private final Map<String, List<String>> subtypes = new HashMap<>();
  private final Map<String, ClassModel> others = new HashMap<>();
  private final Map<String, Set<String>> inherited = new HashMap<>();
  private final Set<String> classes = new LinkedHashSet<>();
  private final Set<Member> asked = new HashSet<>();
  private final Set<Member> kept = new HashSet<>();
  private final Deque<Runnable> toDo = new ArrayDeque<>();

  private StripGenerated() {}

  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      System.err.println("StripGenerated: FOLDER PREFIX...");
      System.exit(64);
    }
    Path folder = Path.of(args[0]);
    List<Path> jars;
    try (Stream<Path> all = Files.list(folder)) {
      jars = all.filter(p -> p.toString().endsWith(".jar")).sorted().toList();
    }
    List<Path> strip = new ArrayList<>();
    for (String prefix : List.of(args).subList(1, args.length)) {
      List<Path> found =
          jars.stream().filter(p -> p.getFileName().toString().startsWith(prefix)).toList();
      if (found.size() != 1) {
        System.err.println(
            "StripGenerated: "
                + folder
                + ": "
                + found.size()
                + " jars begin with "
                + prefix
                + " (expected: 1)");
        System.exit(1);
      }
      strip.add(found.getFirst());
    }
    StripGenerated it = new StripGenerated();
    for (Path jar : jars) {
      it.read(jar, strip.contains(jar) ? it.generated : it.others);
    }
    it.mark();
    for (Path jar : strip) {
      it.write(jar);
    }
  }

  private void read(Path jar, Map<String, ClassModel> into) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
        String name = entry.getName();
        // The variants of a jar for several releases call nothing else than its first.
        if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
          into.put(name.substring(0, name.length() - 6), READER.parse(bytes(zip, entry)));
        }
      }
    }
  }

  private void mark() {
    for (String name : generated.keySet()) {
      for (String each : supertypesOf(name)) {
        subtypes.computeIfAbsent(each, _ -> new ArrayList<>()).add(name);
      }
    }
    for (ClassModel other : List.copyOf(others.values())) {
      for (PoolEntry entry : other.constantPool()) {
        refer(entry);
      }
    }
    generated.keySet().stream().sorted().forEach(name -> fileOf(name).ifPresent(this::need));
    while (!toDo.isEmpty()) {
      toDo.remove().run();
    }
  }

  /** The class that has the descriptors of a message's file; empty for what is no message. */
  private Optional<String> fileOf(String name) {
    return generated.get(name).methods().stream()
        .filter(
            m -> m.methodName().equalsString("getDescriptor") && m.flags().has(AccessFlag.STATIC))
        .filter(m -> m.methodType().equalsString("()Lcom/google/protobuf/Descriptors$Descriptor;"))
        .filter(_ -> !name.endsWith("$Builder"))
        .flatMap(m -> m.code().stream().flatMap(CodeModel::elementStream))
        .filter(FieldInstruction.class::isInstance)
        .map(field -> ((FieldInstruction) field).owner().asInternalName())
        .findFirst();
  }

  /** All that a class extends and implements, generated or not. */
  private Set<String> supertypesOf(String name) {
    Set<String> known = supertypes.get(name);
    if (known != null) {
      return known;
    }
    Set<String> all = new LinkedHashSet<>();
    ClassModel model = model(name);
    if (model != null) {
      List<String> direct = new ArrayList<>();
      model.superclass().ifPresent(c -> direct.add(c.asInternalName()));
      model.interfaces().forEach(c -> direct.add(c.asInternalName()));
      for (String each : direct) {
        all.add(each);
        all.addAll(supertypesOf(each));
      }
    }
    supertypes.put(name, all);
    return all;
  }

  /** A class of the class path, or of the JDK. */
  private ClassModel model(String name) {
    ClassModel model = generated.get(name);
    if (model == null) {
      model = others.get(name);
    }
    if (model == null) {
      try (var in = ClassLoader.getPlatformClassLoader().getResourceAsStream(name + ".class")) {
        if (in != null) {
          model = READER.parse(in.readAllBytes());
          others.put(name, model);
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return model;
  }

  private void refer(PoolEntry entry) {
    switch (entry) {
      case ClassEntry type -> refer(type);
      case MemberRefEntry member -> {
        if (member.type().stringValue().startsWith("(")) {
          call(member);
        } else {
          refer(member.owner());
        }
      }
      default -> {}
    }
  }

  private void refer(ClassEntry type) {
    String name = type.asInternalName();
    if (name.startsWith("[")) {
      descriptor(name);
    } else {
      need(name);
    }
  }

  private void descriptor(String descriptor) {
    for (Matcher m = TYPE.matcher(descriptor); m.find(); ) {
      need(m.group(1));
    }
  }

  private void call(MemberRefEntry member) {
    call(member.owner(), member.name().stringValue(), member.type().stringValue());
  }

  private void call(ClassEntry owner, String name, String descriptor) {
    refer(owner);
    descriptor(descriptor);
    String of = owner.asInternalName();
    if (generated.containsKey(of) && asked.add(new Member(of, name, descriptor))) {
      keep(of, name, descriptor);
      supertypesOf(of).forEach(each -> keep(each, name, descriptor));
      subtypes.getOrDefault(of, List.of()).forEach(each -> keep(each, name, descriptor));
    }
  }

  private void keep(String owner, String name, String descriptor) {
    ClassModel model = generated.get(owner);
    if (model != null && kept.add(new Member(owner, name, descriptor)) && classes.contains(owner)) {
      model.methods().stream()
          .filter(m -> m.methodName().equalsString(name) && m.methodType().equalsString(descriptor))
          .forEach(this::follow);
    }
  }

  private void need(String name) {
    ClassModel model = generated.get(name);
    if (model == null || !classes.add(name)) {
      return;
    }
    toDo.add(() -> {
      model.superclass().ifPresent(this::refer);
      model.interfaces().forEach(this::refer);
      for (FieldModel field : model.fields()) {
        descriptor(field.fieldType().stringValue());
      }
      for (MethodModel method : model.methods()) {
        if (stays(name, method)) {
          follow(method);
        }
      }
    });
  }

  private boolean stays(String owner, MethodModel method) {
    String name = method.methodName().stringValue();
    return name.startsWith("<")
        || (method.flags().has(AccessFlag.STATIC) && BY_NAME.contains(name))
        || kept.contains(new Member(owner, name, method.methodType().stringValue()))
        || (overrides(owner).contains(name + method.methodType().stringValue())
            && !narrows(owner, method));
  }

  /**
   * Whether a method does what the inherited one does and only promises a narrower type, or is the
   * bridge to such a one: who calls the inherited one gets the same without it. A third of all
   * methods are.
   */
  private boolean narrows(String owner, MethodModel method) {
    String name = method.methodName().stringValue();
    if (!inheritsCode(owner, name, method.methodType().stringValue())) {
      return false;
    }
    InvokeInstruction call = onlyCall(method);
    if (call == null || !method.flags().has(AccessFlag.BRIDGE)) {
      return callsInherited(call);
    }
    String target = call.type().stringValue();
    return call.owner().asInternalName().equals(owner)
        && generated.get(owner).methods().stream()
            .filter(m -> m.methodName().equalsString(name) && m.methodType().equalsString(target))
            .allMatch(m ->
                callsInherited(onlyCall(m)) && !kept.contains(new Member(owner, name, target)));
  }

  private static boolean callsInherited(InvokeInstruction call) {
    return call != null && call.opcode() == Opcode.INVOKESPECIAL;
  }

  /**
   * What a method calls that passes its arguments on to one of the same name, and does nothing
   * else.
   */
  private static InvokeInstruction onlyCall(MethodModel method) {
    InvokeInstruction only = null;
    for (CodeElement element :
        method.code().<Iterable<CodeElement>>map(code -> code).orElse(List.of())) {
      switch (element) {
        case InvokeInstruction call -> {
          if (only != null || !call.name().equalsString(method.methodName().stringValue())) {
            return null;
          }
          only = call;
        }
        case LoadInstruction _, ReturnInstruction _, PseudoInstruction _ -> {}
        case TypeCheckInstruction check when check.opcode() == Opcode.CHECKCAST -> {}
        default -> {
          return null;
        }
      }
    }
    return only;
  }

  private boolean inheritsCode(String owner, String name, String descriptor) {
    ClassModel at = generated.get(owner);
    while (at != null && at.superclass().isPresent()) {
      at = model(at.superclass().get().asInternalName());
      if (at != null
          && at.methods().stream()
              .anyMatch(m ->
                  m.methodName().equalsString(name)
                      && m.methodType().equalsString(descriptor)
                      && m.code().isPresent())) {
        return true;
      }
    }
    return false;
  }

  /** What a class may inherit from elsewhere, and the caller is elsewhere too. */
  private Set<String> overrides(String owner) {
    return inherited.computeIfAbsent(
        owner,
        _ -> {
          Set<String> all = new HashSet<>();
          for (String each : supertypesOf(owner)) {
            if (!generated.containsKey(each) && model(each) != null) {
              for (MethodModel method : model(each).methods()) {
                all.add(method.methodName().stringValue() + method.methodType().stringValue());
              }
            }
          }
          // Which a compiler adds to each enumeration.
          if (generated
              .get(owner)
              .superclass()
              .filter(c -> c.asInternalName().equals("java/lang/Enum"))
              .isPresent()) {
            all.add("values()[L" + owner + ";");
            all.add("valueOf(Ljava/lang/String;)L" + owner + ";");
          }
          return all;
        });
  }

  private void follow(MethodModel method) {
    toDo.add(() -> {
      descriptor(method.methodType().stringValue());
      method.code().ifPresent(this::follow);
    });
  }

  private void follow(CodeModel code) {
    WithoutOptions seen = new WithoutOptions();
    for (CodeElement element : code) {
      seen.accept(element, this::follow);
    }
    seen.end(this::follow);
  }

  private void follow(CodeElement element) {
    switch (element) {
      case InvokeInstruction i -> call(i.owner(), i.name().stringValue(), i.type().stringValue());
      case FieldInstruction i -> {
        refer(i.owner());
        descriptor(i.type().stringValue());
      }
      case TypeCheckInstruction i -> refer(i.type());
      case NewObjectInstruction i -> refer(i.className());
      case NewReferenceArrayInstruction i -> refer(i.componentType());
      case NewMultiArrayInstruction i -> refer(i.arrayType());
      case ConstantInstruction.LoadConstantInstruction i -> constant(i.constantEntry());
      case InvokeDynamicInstruction i -> {
        descriptor(i.type().stringValue());
        i.invokedynamic().bootstrap().arguments().forEach(this::constant);
      }
      case ExceptionCatch i -> i.catchType().ifPresent(this::refer);
      default -> {}
    }
  }

  private void constant(PoolEntry entry) {
    switch (entry) {
      case MethodHandleEntry handle -> refer(handle.reference());
      case MethodTypeEntry type -> descriptor(type.descriptor().stringValue());
      default -> refer(entry);
    }
  }

  private byte[] stripped(String name) {
    ClassModel model = generated.get(name);
    ClassTransform methods =
        ClassTransform.dropping(e -> e instanceof MethodModel method && !stays(name, method));
    ClassTransform options =
        ClassTransform.transformingMethodBodies(CodeTransform.ofStateful(WithoutOptions::new));
    return ClassFile.of(
            ConstantPoolSharingOption.NEW_POOL, ClassHierarchyResolverOption.of(this::hierarchy))
        .transformClass(model, methods.andThen(options));
  }

  private ClassHierarchyInfo hierarchy(ClassDesc type) {
    ClassModel model =
        model(type.descriptorString().substring(1, type.descriptorString().length() - 1));
    if (model == null) {
      return null;
    }
    return model.flags().has(AccessFlag.INTERFACE)
        ? ClassHierarchyInfo.ofInterface()
        : ClassHierarchyInfo.ofClass(model.superclass().map(ClassEntry::asSymbol).orElse(null));
  }

  /** Where the descriptors of the messages are whose classes have gone. */
  private void index(ZipFile from, ZipOutputStream to) throws IOException {
    StringBuilder lines = new StringBuilder();
    from.stream()
        .map(ZipEntry::getName)
        .filter(n -> n.endsWith(".class"))
        .map(n -> n.substring(0, n.length() - 6))
        .filter(n -> generated.containsKey(n) && !classes.contains(n))
        .sorted()
        .forEach(n ->
            fileOf(n)
                .ifPresent(file ->
                    lines
                        .append(n.replace('/', '.'))
                        .append(' ')
                        .append(file.replace('/', '.'))
                        .append('\n')));
    if (!lines.isEmpty()) {
      ZipEntry entry = new ZipEntry(INDEX);
      entry.setTime(from.stream().findFirst().orElseThrow().getTime());
      to.putNextEntry(entry);
      to.write(lines.toString().getBytes(StandardCharsets.UTF_8));
      to.closeEntry();
    }
  }

  private static byte[] bytes(ZipFile of, ZipEntry entry) throws IOException {
    try (var in = of.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }

  private void write(Path jar) throws IOException {
    FileTime time = Files.getLastModifiedTime(jar);
    Path part = jar.resolveSibling(jar.getFileName() + ".part");
    try (ZipFile from = new ZipFile(jar.toFile());
        OutputStream out = Files.newOutputStream(part);
        ZipOutputStream to = new ZipOutputStream(out)) {
      for (ZipEntry entry : from.stream().map(ZipEntry.class::cast).toList()) {
        String name = entry.getName();
        boolean type =
            name.endsWith(".class") && classes.contains(name.substring(0, name.length() - 6));
        if (type || (!entry.isDirectory() && name.startsWith("META-INF/"))) {
          ZipEntry copy = new ZipEntry(name);
          copy.setTime(entry.getTime());
          to.putNextEntry(copy);
          to.write(type ? stripped(name.substring(0, name.length() - 6)) : bytes(from, entry));
          to.closeEntry();
        }
      }
      index(from, to);
    }
    // A start-up cache wants the times of its jars unchanged.
    Files.setLastModifiedTime(part, time);
    Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Leaves out what makes options of fields (rules of validation, all of them) into messages
   * wherever a file of theirs is first touched, which nobody looks at, and what prepares reflection
   * wherever a message is asked for its descriptor.
   */
  private static final class WithoutOptions implements CodeTransform {
    private FieldInstruction held;

    @Override
    public void accept(CodeBuilder to, CodeElement element) {
      if (held != null && adds(element)) {
        to.aconst_null().pop2();
        held = null;
      } else if (reads(element)) {
        end(to::with);
        to.pop2();
      } else {
        accept(element, to::with);
      }
    }

    @Override
    public void atEnd(CodeBuilder to) {
      end(to::with);
    }

    /** Gives on what stays. */
    void accept(CodeElement element, Consumer<CodeElement> to) {
      if (held != null && adds(element)) {
        held = null;
        return;
      }
      end(to);
      if (element instanceof FieldInstruction field
          && field.opcode() == Opcode.GETSTATIC
          && field.type().equalsString(EXTENSION)) {
        held = field;
      } else if (!reads(element)) {
        to.accept(element);
      }
    }

    /** There is nothing more. */
    void end(Consumer<CodeElement> to) {
      if (held != null) {
        to.accept(held);
        held = null;
      }
    }

    private static boolean adds(CodeElement element) {
      return element instanceof InvokeInstruction call
          && call.owner().asInternalName().equals("com/google/protobuf/ExtensionRegistry")
          && call.name().equalsString("add")
          && call.type().equalsString("(" + EXTENSION + ")V");
    }

    /** A call with two arguments that changes nothing but what reflection sees. */
    private static boolean reads(CodeElement element) {
      return element instanceof InvokeInstruction call
          && (call.name().equalsString("internalUpdateFileDescriptor")
                  && call.owner()
                      .asInternalName()
                      .equals("com/google/protobuf/Descriptors$FileDescriptor")
              // Answers with the table it is called on.
              || call.name().equalsString("ensureFieldAccessorsInitialized")
                  && call.owner().asInternalName().endsWith("$FieldAccessorTable"));
    }
  }
}

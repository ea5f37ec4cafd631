import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.util.Optional;
import java.util.Set;

/* java.base in a layer of its own: refused because of its loader, as an exception of the layer and not as an error. */
public class SecondJavaBase {
    public static void main(String[] args) {
        var descriptor = ModuleDescriptor.newModule("java.base").exports("java.lang").build();
        var reference = new ModuleReference(descriptor, null) {
            @Override
            public ModuleReader open() {
                throw new UnsupportedOperationException();
            }
        };
        var finder = new ModuleFinder() {
            @Override
            public Optional<ModuleReference> find(String name) {
                return name.equals("java.base") ? Optional.of(reference) : Optional.empty();
            }

            @Override
            public Set<ModuleReference> findAll() {
                return Set.of(reference);
            }
        };
        var boot = ModuleLayer.boot();
        var configuration = boot.configuration().resolve(finder, ModuleFinder.of(), Set.of("java.base"));
        try {
            boot.defineModules(configuration, name -> new ClassLoader() { });
        } catch (LayerInstantiationException e) {
            System.out.println(e.getMessage());
        }
    }
}

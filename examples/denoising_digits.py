"""Digits from coins: a chain of four machines that undo noise, beside one machine with as much device time.

A denoising model (Jelincic et al., arXiv:2510.23972) is a chain of Boltzmann machines on a grid of p-bits. Each is
trained to undo one step of noise, and a penalty on correlations keeps its chains mixing. Here each learns the 8 x 8
digits in three bits a pixel, with half of a torus of p-bits free for hidden units. Prints the quality of the images
and how well the chains mix, as the training goes; then what one image costs on the device. Writes denoising_digits.png.
A minute of training shows shapes; for digits: python denoising_digits.py full (two trainings of ten minutes; each is
saved, and goes on where it was).
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.learn import ChainCourse, Controller, Noise, Timing, denoiser, generate, read_data, train_chain
from hwsim.learn.denoise_training import ChainWatch, Mixing
from hwsim.learn.quality import features, frechet, frechet_distance
from hwsim.learn.updates import Updates

FULL = "full" in sys.argv[1:]
SIDE = 28 if FULL else 16  # of the torus
LEVELS = 3 if FULL else 1  # bits of a pixel
EPOCHS, EVERY, JUDGED, IMAGES = (160, 2, 10, 720) if FULL else (2, 1, 1, 60)
SWEEPS = 200 if FULL else 40  # of each machine of the chain; the single machine gets those of all
STEPS = 4
MODELS = sys.argv[2:] or ["chain", "single"]

train, test = read_data("digits", levels=LEVELS).split(0.2, seed=0)
chip = hwsim.chip("extropic-g12", topology=f"offset-torus:{SIDE}x{SIDE}")
shown = features(train.bits)


def sheet(levels, columns=8):
    """``levels`` (images, 64) side by side."""
    rows = len(levels) // columns
    tiles = np.pad(levels[: rows * columns].reshape(rows, columns, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    return tiles.transpose(0, 2, 1, 3).reshape(rows * 10, columns * 10)


def course(parts):
    """Training of each of ``parts`` machines, all with the same device time in a step."""
    long = STEPS // parts
    return ChainCourse(
        epochs=EPOCHS,
        every=EVERY,
        positive=Timing(warm_up=SWEEPS * 3 // 20 * long, looks=10, spacing=4 * long),
        negative=Timing(warm_up=SWEEPS * 3 // 10 * long, looks=10, spacing=4 * long),
        updates=Updates(rate=0.02, schedule="cosine", rate_end=0.2, method="adam", centring=0.1, decay=0.001),
        controller=Controller(threshold=0.01) if parts > 1 else None,
        mixing=Mixing(looks=64 if FULL else 16, spacing=3 * long),
    )


def judged(chain, epoch):
    """Frechet distance of images of ``chain``, which get the same device time from both models."""
    if epoch % JUDGED:
        return {}
    made = generate(chain, chip, IMAGES, sweeps=SWEEPS * STEPS // len(chain.models), seed=7, threads=1)
    return {"frechet": frechet(shown.of(made.bits), shown.of(test.bits))}


found, images = {}, {}
for name in MODELS:
    parts = STEPS if name == "chain" else 1
    start = denoiser(train, chip, Noise(steps=parts), labels=False, seed=1)
    print(f"{name}: {start}")
    output = f"denoising-{name}.npz" if FULL else None
    watch = ChainWatch(judge=judged, plan={"name": name})
    found[name] = train_chain(train, start, chip, course(parts), watch=watch, output=output, seed=1, threads=1)
    print(" epoch  Frechet  worst autocorrelation  largest penalty  max |J|")
    for row in found[name].history:
        if "frechet" in row:
            worst = int(np.argmax(row["autocorrelation"]))
            print(
                f"{row['epoch']:6.1f}  {row['frechet']:7.3f}  {row['autocorrelation'][worst]:12.3f} +- "
                f"{row['autocorrelation_error'][worst]:.3f}  {max(row['penalty']):15.4f}  {max(row['max_j']):7.2f}"
            )
    images[name] = generate(found[name].chain, chip, IMAGES, sweeps=SWEEPS * STEPS // parts, seed=8, threads=1)

print(f"\nFrechet distance of {IMAGES} images from the test data, in {shown.axes.shape[1]} components")
for name, made in images.items():
    distance = frechet_distance(made.bits, train, test)
    values = [row["frechet"] for row in found[name].history if "frechet" in row]
    print(f"{name:>8}: {distance.distance:.3f} at the last epoch, {min(values):.3f} at the best")
print(f"training data {distance.floor[0]:.3f}, pixels of a class {distance.by_class[0]:.3f}, ", end="")
print(f"independent pixels {distance.independent[0]:.3f}")

z1 = hwsim.chip("extropic-z1")
for name, made in images.items():
    print(f"\none image of the {name}, prices of {z1.name}")
    print(made.bill(z1.prices).text())

figure = Figure(figsize=(4.6 * (len(images) + 2), 5.0), dpi=100, layout="constrained")
axes = figure.subplots(1, len(images) + 2)
for ax, (name, made) in zip(axes, images.items(), strict=False):
    ax.imshow(sheet(train.code.levels_of(made.bits[:80])), cmap="gray_r", vmin=0, vmax=1)
    ax.set_title(f"images of the {name}")
if "chain" in images:
    path = [train.code.levels_of(bits[:10]) for bits in images["chain"].path]
    axes[-2].imshow(sheet(np.concatenate(path), columns=10), cmap="gray_r", vmin=0, vmax=1)
    axes[-2].set_title("ten images, machine after machine")
for ax in axes[:-1]:
    ax.set_axis_off()
for name, training in found.items():
    rows = [row for row in training.history if "frechet" in row]
    line = axes[-1].plot([row["epoch"] for row in rows], [row["frechet"] for row in rows], "o-", label=name)[0]
    axes[-1].plot(
        [row["epoch"] for row in training.history],
        [max(row["autocorrelation"]) for row in training.history],
        "--",
        color=line.get_color(),
        label=f"{name}, worst autocorrelation",
    )
axes[-1].set(yscale="log", xlabel="epoch", ylabel="Frechet distance; autocorrelation")
axes[-1].legend(fontsize=8)
figure.savefig("denoising_digits.png")

"""Digits from coins: a chain of four machines that undo noise, beside one machine with as much device time.

A denoising model (Jelincic et al., arXiv:2510.23972) is a chain of Boltzmann machines on a grid of p-bits. Each is
trained to undo one step of noise, and a penalty on correlations keeps its chains mixing. Here each learns the 8 x 8
digits in three bits a pixel, with three quarters of a torus of p-bits as hidden units. Prints the quality of the
images and how well the chains mix, as the training goes; then what an image costs. Writes denoising_digits.png.
This is a short training of a small torus; for digits: python denoising_digits.py full (two trainings of five minutes of
one core; each is saved, and goes on where it was).
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
TITLES = {"chain": f"chain of {STEPS} machines", "single": "one machine"}

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


WIDTH = max(map(len, TITLES.values()))
found, images = {}, {}
for name, title in TITLES.items():
    parts = STEPS if name == "chain" else 1
    start = denoiser(train, chip, Noise(steps=parts), labels=False, seed=1)
    print(f"\n{title}: {start}")
    output = f"denoising-{name}.npz" if FULL else None
    watch = ChainWatch(judge=judged, plan={"name": name})
    found[name] = train_chain(train, start, chip, course(parts), watch=watch, output=output, seed=1, threads=1)
    print(" epoch  Frechet  worst autocorrelation  largest penalty  max |J|")
    for row in found[name].history:
        if "frechet" in row:
            worst = int(np.argmax(row["autocorrelation"]))
            print(
                f"{row['epoch']:6.0f}  {row['frechet']:7.3f}  {row['autocorrelation'][worst]:12.3f} +- "
                f"{row['autocorrelation_error'][worst]:.3f}  {max(row['penalty']):15.4f}  {max(row['max_j']):7.2f}"
            )
    images[name] = generate(found[name].chain, chip, IMAGES, sweeps=SWEEPS * STEPS // parts, seed=8, threads=1)

print(f"\nFrechet distance of {IMAGES} images from the test data, in {shown.axes.shape[1]} components")
for name, made in images.items():
    distance = frechet_distance(made.bits, train, test)
    values = [row["frechet"] for row in found[name].history if "frechet" in row]
    judged_last = f"while it was trained {values[-1]:.3f} there and {min(values):.3f} at the best"
    print(f"{TITLES[name]:>{WIDTH}}: {distance.distance:.3f} at the last epoch; {judged_last}")
print(f"training data {distance.floor[0]:.3f}, pixels of a class {distance.by_class[0]:.3f}, ", end="")
print(f"independent pixels {distance.independent[0]:.3f}")

z1 = hwsim.chip("extropic-z1")
for name, made in images.items():
    print(f"\nan image of {TITLES[name]}, prices of {z1.name}")
    print(made.bill(z1.prices).text())

figure = Figure(figsize=(14, 7), dpi=90, layout="constrained")
axes = figure.subplot_mosaic(
    [["chain", "single", "path"], ["chain", "single", "frechet"], ["chain", "single", "mixing"]]
)
for name, made in images.items():
    axes[name].imshow(sheet(train.code.levels_of(made.bits[:96])), cmap="gray_r", vmin=0, vmax=1)
    axes[name].set_title(f"images of the {TITLES[name]}" if name == "chain" else f"images of {TITLES[name]}")
steps = np.concatenate([train.code.levels_of(bits[:12]) for bits in images["chain"].path])
axes["path"].imshow(sheet(steps, columns=12), cmap="gray_r", vmin=0, vmax=1)
axes["path"].set_title("twelve images, machine after machine")
for name in ("chain", "single", "path"):
    axes[name].set_axis_off()
for name, training in found.items():
    rows = [row for row in training.history if "frechet" in row]
    axes["frechet"].plot([row["epoch"] for row in rows], [row["frechet"] for row in rows], "o-", label=TITLES[name])
    worst = [max(row["autocorrelation"]) for row in training.history]
    axes["mixing"].plot([row["epoch"] for row in training.history], worst, label=TITLES[name])
axes["frechet"].axhline(distance.floor[0], color="grey", linestyle=":", label="training data")
axes["frechet"].set(ylim=(0, None), xlabel="epoch", ylabel="Frechet distance")
axes["frechet"].legend()
axes["mixing"].set(ylim=(0, None), xlabel="epoch", ylabel="worst autocorrelation")
figure.savefig("denoising_digits.png")

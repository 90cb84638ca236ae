"""learn: Boltzmann machines trained on the emulated chip, and how good they are."""

from hwsim.lazy import loader

_HOMES = {
    "Model": "hwsim.learn.model",
    "rbm": "hwsim.learn.model",
    "dbm": "hwsim.learn.model",
    "fully": "hwsim.learn.model",
    "on_chip": "hwsim.learn.model",
    "on_graph": "hwsim.learn.model",
    "LearningMachine": "hwsim.learn.machine",
    "Timing": "hwsim.learn.machine",
    "Course": "hwsim.learn.training",
    "Training": "hwsim.learn.training",
    "train": "hwsim.learn.training",
    "Updates": "hwsim.learn.updates",
    "Code": "hwsim.learn.code",
    "Data": "hwsim.learn.data",
    "read_data": "hwsim.learn.data",
    "accuracy": "hwsim.learn.quality",
    "frechet_distance": "hwsim.learn.quality",
    "reconstruction": "hwsim.learn.quality",
    "chain_correlation": "hwsim.learn.quality",
    "samples": "hwsim.learn.answers",
    "classify": "hwsim.learn.answers",
    "complete": "hwsim.learn.answers",
    "bill_of": "hwsim.learn.bill",
    "log_likelihood": "hwsim.learn.likelihood",
    "annealed_log_z": "hwsim.learn.likelihood",
    "visible_law": "hwsim.learn.exact",
    "data_law": "hwsim.learn.exact",
    "divergence": "hwsim.learn.exact",
    "gradient": "hwsim.learn.exact",
    "Noise": "hwsim.learn.noising",
    "Controller": "hwsim.learn.penalty",
    "Denoiser": "hwsim.learn.denoise",
    "denoiser": "hwsim.learn.denoise",
    "generate": "hwsim.learn.denoise",
    "ChainCourse": "hwsim.learn.denoise_training",
    "train_chain": "hwsim.learn.denoise_training",
}
__all__ = list(_HOMES)
__getattr__, __dir__ = loader(__name__, _HOMES)

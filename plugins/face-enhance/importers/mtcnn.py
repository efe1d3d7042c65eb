"""MTCNN: finds faces and five points of each, by three small networks, each of which looks again at what is left.

Zhang, Zhang, Li, Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", IEEE Signal
Processing Letters 2016. The whole cascade is one package: the pyramid, the networks, and the suppression of overlaps.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, Option, System, Table, fill


class Proposals(nn.Module):
    """Pictures of any size to what each 12 x 12 window says: four corrections of the box, and whether it is a face."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.max_pool2d(self.prelu1(self.conv1(x)), 2, 2, ceil_mode=True)
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        return self.conv4_2(x), torch.softmax(self.conv4_1(x), 1)[:, 1]


class Refinement(nn.Module):
    """24 x 24 crops to corrections and scores."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.max_pool2d(self.prelu1(self.conv1(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.prelu2(self.conv2(x)), 3, 2, ceil_mode=True)
        x = self.prelu3(self.conv3(x)).permute(0, 3, 2, 1).flatten(1)
        x = self.prelu4(self.dense4(x))
        return self.dense5_2(x), torch.softmax(self.dense5_1(x), 1)[:, 1]


class Output(nn.Module):
    """48 x 48 crops to corrections, scores, and five points: x of each, then y, in parts of the box."""

    def __init__(self):
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = F.max_pool2d(self.prelu1(self.conv1(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.prelu2(self.conv2(x)), 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.prelu3(self.conv3(x)), 2, 2, ceil_mode=True)
        x = self.prelu4(self.conv4(x)).permute(0, 3, 2, 1).flatten(1)
        x = self.prelu5(self.dense5(x))
        return self.dense6_2(x), torch.softmax(self.dense6_1(x), 1)[:, 1], self.dense6_3(x)


def non_maximum_suppression(boxes: Tensor, scores: Tensor, most: float, of_smaller: bool, beyond: float) -> Tensor:
    """Indices of the boxes that stay, best first: no two overlap by more than `most` of their union, or of the smaller.

    Greedy suppression without a loop over boxes: whether a box stays depends on better ones only, so that repeating the
    rule for all at once ends at the greedy answer. `beyond` is added to the sides of boxes that count pixels.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    box = boxes[order]
    side = (box[:, 2:] - box[:, :2] + beyond).clamp(min=0)
    area = side[:, 0] * side[:, 1]
    low, high = torch.max(box[:, None, :2], box[None, :, :2]), torch.min(box[:, None, 2:], box[None, :, 2:])
    common = (high - low + beyond).clamp(min=0).prod(2)
    whole = torch.min(area[:, None], area[None]) if of_smaller else area[:, None] + area[None] - common
    covers = torch.triu(common > most * whole, diagonal=1)
    stays = torch.ones(box.size(0), dtype=torch.bool, device=box.device)
    for _ in range(box.size(0)):
        now = ~(covers & stays[:, None]).any(0)
        if torch.equal(now, stays):
            break
        stays = now
    return order[stays]


def moved(boxes: Tensor, by: Tensor, beyond: float) -> Tensor:
    """Boxes corrected by parts of their sides."""
    side = boxes[:, 2:] - boxes[:, :2] + beyond
    return boxes + by * torch.cat((side, side), 1)


def square(boxes: Tensor) -> Tensor:
    """About the same center, as long as the longer side."""
    side = boxes[:, 2:] - boxes[:, :2]
    longest = side.max(1, keepdim=True)[0]
    low = boxes[:, :2] + side * 0.5 - longest * 0.5
    return torch.cat((low, low + longest), 1)


class Mtcnn(nn.Module):
    """picture 1,3,H,W in [0, 1] to faces K,15: left, top, right, bottom in pixels, score, x and y of left eye, right eye,
    nose, left and right corner of the mouth, as seen in the picture."""

    def __init__(self, least: int, thresholds: tuple[float, float, float]):
        super().__init__()
        self.pnet, self.rnet, self.onet = Proposals(), Refinement(), Output()
        self.least = float(least)
        self.first, self.second, self.third = thresholds

    def proposed(self, picture: Tensor) -> Tensor:
        """Boxes K,4 of every level of the pyramid."""
        height, width = picture.size(2), picture.size(3)
        scale = 12.0 / self.least
        boxes = [torch.zeros((0, 4), device=picture.device)]
        scores = [torch.zeros((0,), device=picture.device)]
        moves = [torch.zeros((0, 4), device=picture.device)]
        while float(min(height, width)) * scale >= 12.0:
            size = [int(height * scale + 1), int(width * scale + 1)]
            by, sure = self.pnet((F.interpolate(picture, size, mode="area") - 127.5) * 0.0078125)
            found = torch.nonzero(sure[0] >= self.first)
            corner = found.flip(1).float()
            box = torch.cat((((2 * corner + 1) / scale).floor(), ((2 * corner + 12) / scale).floor()), 1)
            score, move = sure[0, found[:, 0], found[:, 1]].float(), by[0, :, found[:, 0], found[:, 1]].t().float()
            stays = non_maximum_suppression(box, score, 0.5, False, 0.0)
            boxes.append(box[stays])
            scores.append(score[stays])
            moves.append(move[stays])
            scale *= 0.709
        box, score, move = torch.cat(boxes), torch.cat(scores), torch.cat(moves)
        stays = non_maximum_suppression(box, score, 0.7, False, 0.0)
        return square(moved(box[stays], move[stays], 0.0))

    def crops(self, picture: Tensor, boxes: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """The boxes' parts of the picture as squares, cut at its border, and which boxes have any."""
        height, width = picture.size(2), picture.size(3)
        made = [torch.zeros((0, 3, side, side), device=picture.device)]
        inside: list[int] = []
        rows: list[list[int]] = boxes.trunc().to(torch.int64).cpu().tolist()
        for i, box in enumerate(rows):
            left, top, right, bottom = max(box[0], 1) - 1, max(box[1], 1) - 1, min(box[2], width), min(box[3], height)
            if right > left and bottom > top:
                made.append(F.interpolate(picture[:, :, top:bottom, left:right], [side, side], mode="area"))
                inside.append(i)
        return (torch.cat(made) - 127.5) * 0.0078125, torch.tensor(inside, dtype=torch.int64, device=boxes.device)

    def forward(self, picture: Tensor) -> Tensor:
        picture = picture * 255.0
        none = torch.zeros((0, 15), device=picture.device)
        boxes = self.proposed(picture)
        crop, inside = self.crops(picture, boxes, 24)
        if inside.numel() == 0:
            return none
        by, score = self.rnet(crop)
        good = score > self.second
        boxes, score, by = boxes[inside][good], score[good].float(), by[good].float()
        stays = non_maximum_suppression(boxes, score, 0.7, False, 0.0)
        boxes = square(moved(boxes[stays], by[stays], 1.0))
        crop, inside = self.crops(picture, boxes, 48)
        if inside.numel() == 0:
            return none
        by, score, points = self.onet(crop)
        good = score > self.third
        boxes, score, by, points = boxes[inside][good], score[good].float(), by[good].float(), points[good].float()
        side = boxes[:, 2:] - boxes[:, :2] + 1.0
        points = torch.stack((points[:, :5] * side[:, :1] + boxes[:, :1] - 1.0,
                              points[:, 5:] * side[:, 1:] + boxes[:, 1:2] - 1.0), 2).flatten(1)
        boxes = moved(boxes, by, 1.0)
        stays = non_maximum_suppression(boxes, score, 0.7, True, 1.0)
        return torch.cat((boxes, score[:, None], points), 1)[stays]


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    tables = {"pnet": checkpoint.table("conv4_1.weight", without=("dense5.weight",)), "rnet": checkpoint.table("dense5_1.weight"),
              "onet": checkpoint.table("dense6_3.weight")}
    return {k: v for k, v in tables.items() if v} if all(tables.values()) else None


def build(tables: dict[str, Table], options: dict) -> Network:
    net = Mtcnn(options["least"], (options["first"], options["second"], options["third"]))
    for name in ("pnet", "rnet", "onet"):
        fill(getattr(net, name), tables[name])
    generator = torch.Generator().manual_seed(1)
    examples = [(torch.rand(1, 3, h, w, generator=generator),) for h, w in ((96, 128), (75, 61))]
    return Network(net, examples, ["picture"], ["faces"])


SYSTEMS = [
    System("mtcnn", "face-detector", "MTCNN, faces and five points of each",
           "Kaipeng Zhang, Zhanpeng Zhang, Zhifeng Li, Yu Qiao; weights as converted by Tim Esler and David Sandberg", "MIT",
           "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks (SPL 2016), arXiv:1604.02878",
           "https://github.com/timesler/facenet-pytorch", "pnet.pt, rnet.pt, onet.pt (all three)", find, build,
           {"least": Option(20, "smallest face that is looked for, in pixels"),
            "first": Option(0.6, "what the first network must be sure of, 0 to 1"),
            "second": Option(0.7, "what the second must be"), "third": Option(0.7, "what the third must be")}),
]
